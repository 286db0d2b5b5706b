#pragma once
// A network between a test and a server that fails when told to.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/dss.hpp"

namespace millrace::test {

/// Listens on a free loopback port and passes everything on to a server, byte by byte, until it is told otherwise.
///
/// What a client sends and what the server answers are two directions, which do not wait for each other: answers can be cut while requests arrive.
/// @thread_safety  Any thread.
class TcpProxy {
 public:
  enum class Side : unsigned char { client, server };
  /// What happens to a connection whose bytes are used up. Frozen: it stays open, and nothing passes in either direction any more.
  enum class Fault : unsigned char { cut, freeze };

  /// A DSS of DRDA, whole, that is about to be passed on.
  struct PassingDss {
    Side from = Side::client;
    std::size_t connection = 0;     ///< 0 is the first one that was accepted
    std::size_t index = 0;          ///< among those of this side of this connection
    std::uint16_t code_point = 0;   ///< of its first object: what is asked for or answered
    std::size_t size = 0;           ///< bytes
  };
  enum class Verdict : unsigned char {
    pass,
    cut_before, cut_within, cut_after,   ///< nothing of it, half of it, all of it is passed on; then the connection is cut
    freeze_before, freeze_after
  };
  /// Is asked by one thread at a time.
  using DssJudge = std::function<Verdict(const PassingDss&)>;

  /// @throws std::runtime_error  no socket
  explicit TcpProxy(std::string server_port);
  ~TcpProxy();   ///< cuts everything
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  const std::string& port() const { return port_; }
  /// The URL with the proxy's port instead of the server's.
  std::string url(const std::string& server_url) const;

  /// Closes all connections now; new ones are accepted.
  void cut();
  /// From the next request that contains this text on, that connection's answers are dropped, and it is cut as soon as the server answers
  /// to it: the request was done, and the client does not know. Once.
  void cut_answer_to(std::string request);
  /// The next connection that is accepted passes exactly so many bytes of this side, then has its fault. Once.
  void fail_after(Side from, std::size_t bytes, Fault fault = Fault::cut);
  /// Decides about every DSS from now on, of connections that are accepted while there is a judge; they must speak DRDA without TLS. nullptr: all pass.
  /// When it returns, the judge before is done and is not asked again.
  void judge_dss(DssJudge judge);
  /// Black hole: connections stay, new ones are accepted, and nothing passes in either direction.
  void stall();
  void resume();                                  ///< ends stall(): what waited goes on
  void delay(std::chrono::milliseconds time);     ///< every piece that passes waits so long
  /// Refuses new connections, closing them right after they were accepted.
  void refuse(bool on) { refusing_ = on; }

  std::size_t accepted() const { return accepted_; }
  std::size_t cut_answers() const { return cut_answers_; }
  std::size_t faults() const { return faults_; }   ///< of fail_after() and judge_dss() that have happened
  std::size_t passed(Side from) const;             ///< bytes of the connection that was accepted last

 private:
  struct Link;
  struct Limit { Side from; std::size_t bytes; Fault fault; };

  void accept_loop();
  void pump(Link& link, Side from);
  bool pass(Link& link, Side from);
  bool forward(Link& link, Side from, std::string_view bytes);
  bool forward_dss(Link& link, Side from, const Dss& dss);
  bool fail(Link& link, Fault fault);

  int listener_ = -1;
  std::string server_port_;
  std::string port_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> refusing_ = false;
  std::atomic<std::int64_t> delay_ms_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::atomic<std::size_t> cut_answers_ = 0;
  std::atomic<std::size_t> faults_ = 0;
  mutable std::mutex mutex_;
  std::string cut_request_;
  std::optional<Limit> next_limit_;
  std::mutex judging_;
  DssJudge judge_;   // guarded by judging_
  std::vector<std::shared_ptr<Link>> links_;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::test
