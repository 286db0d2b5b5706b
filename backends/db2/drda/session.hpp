#pragma once
// One conversation with a server: the commands that go out, the replies that come, the sections that are in use.

#include <functional>
#include <memory>
#include <unordered_map>

#include "db2/drda/commands.hpp"
#include "db2/drda/login.hpp"
#include "db2/drda/reply.hpp"
#include "db2/drda/server_traits.hpp"
#include "db2/drda/transport.hpp"

namespace millrace::drda {

/// @thread_safety  One thread at a time, except abort().
class Session {
 public:
  /// Connects and logs in. @throws Failure
  explicit Session(const ConnectOptions& options);

  const ServerTraits& traits() const { return *traits_; }
  const Server& server() const { return server_; }
  ByteOrder order() const { return order_; }          ///< of the server's data

  /// Where the next chain is put together; empty between exchanges.
  Buffer& out() { return out_; }
  /// Sends the chain in out() and hands its replies to `handler`.
  /// @throws Failure  58009, 08S01, HYT00, 57014; the session is closed then
  void exchange(ReplyHandler& handler);

  /// Sends the first `size` bytes of out(), a chain's beginning, and leaves the rest. Returns when they are on their way, perhaps not all sent.
  void send_front(std::size_t size);
  /// The correlator of a question behind a chain; beyond those of the chain's commands, and positive as a signed number.
  static constexpr std::uint16_t kQuestion = 32'000;
  /// Sends the chain's rest and hands out all replies; their chain ends where `complete` says yes as well.
  /// @param ask  where they end too early: puts a command with the correlator kQuestion into out(), or nothing. Its answer comes behind all others, so that what
  ///             is not answered until then never will be
  void finish_chain(ReplyHandler& handler, const std::function<bool()>& complete, const std::function<void()>& ask = {});

  /// Throws what the reply to a command comes to, as a sentence, if it failed.
  void check(const CommandReply& reply);
  /// Turns the tokens of an Sqlca into a sentence.
  void explain(Sqlca& sqlca);

  /// A place for a prepared statement. @throws Failure HY014  all are in use
  Section take_section();
  void give_back(const Section& section) noexcept;

  void set_answer_timeout(std::chrono::milliseconds timeout) { answer_timeout_ = timeout; }
  bool is_open() const noexcept { return transport_ && transport_->is_open(); }
  void close() noexcept { transport_->close(); }
  void abort() noexcept { transport_->abort(); }

 private:
  void log_in(const ConnectOptions& options);
  template <class Work> void guarded(Work&& work);
  void finish_sending();
  Dss next_dss();
  void receive_some();
  Deadline next_deadline() const;
  std::string text_of(const Sqlca& sqlca);

  std::unique_ptr<Transport> transport_;
  std::string name_;                               // of the server, for sentences
  const ServerTraits* traits_ = nullptr;
  Server server_;
  ByteOrder order_ = ByteOrder::big;
  std::string rdb_name_;
  StringEncoding encoding_;

  Buffer out_;
  Buffer sending_;
  DssDecoder decoder_;
  std::chrono::milliseconds answer_timeout_{0};
  Deadline login_deadline_ = kNoDeadline;

  std::vector<Section> free_sections_;             // the next one to use is the last
  Section message_section_;                        // of the procedure that makes texts
  bool message_prepared_ = false;
  bool no_message_procedure_ = false;
  std::unordered_map<std::string, std::string> texts_;
};

}  // namespace millrace::drda
