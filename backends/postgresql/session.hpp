#pragma once
// One session: SOCI owns it, libpq speaks through its handle.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/soci_session.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"
#include "postgresql/pq.hpp"

namespace millrace::postgresql {

using Clock = std::chrono::steady_clock;

/// What keeps a session from running statements.
enum class Stream : unsigned char { none, copy, rows };

/// Shared by a connection and its open writer or reader, so that neither outlives the handle that both use.
/// @thread_safety  One thread at a time, except send_cancel() and the atomic members.
struct Session {
  std::unique_ptr<soci::session> owner;
  PGconn* handle = nullptr;             ///< the owner's; valid as long as it
  Secret password;                      ///< what messages must not show
  std::string baseline;                 ///< the SQL that gives a fresh session its settings
  bool unlimited_at_first = false;      ///< the baseline switches the statement time-out off
  bool unlimited = false;               ///< we have switched it off
  std::function<void(const Error&)> on_error;   ///< tells the connection of errors that pass it by; empty once it is gone

  struct FreeCancel { void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); } };
  std::unique_ptr<PGcancel, FreeCancel> canceller;   ///< immutable
  std::atomic<bool> cancel_sent = false;        ///< by the connection's user, and no statement reported it yet
  std::atomic<bool> cancel_unanswered = false;  ///< the server did not confirm one

  Stream stream = Stream::none;
  /// Opens a stream. @return its number, by which its reader or writer can tell whether it is still open
  std::uint64_t open_stream(Stream kind) { stream = kind; return ++streams_; }
  bool is_open(std::uint64_t number) const { return stream != Stream::none && number == streams_; }

  bool lost() const { return PQstatus(handle) == CONNECTION_BAD; }
  /// The connection can not be used any more.
  void poison() const noexcept;
  /// Asks the server to stop the running statement. Any thread.
  /// @return true once the server has signalled the session's process: its message follows, or the signal found it idle and does nothing.
  ///         (The server closes the request's connection after the signal, and PQcancel waits for that. A process that is reading drops it.)
  bool send_cancel() const noexcept;

 private:
  std::uint64_t streams_ = 0;
};

/// The outcome of what was sent: the first failure, else the last result; a COPY that starts. A null result when nothing was sent.
/// PQexec keeps the last failure instead, and so loses what the server said before it closed the connection.
Result await_result(Session& session);
/// The same; nothing when it did not come in time.
std::optional<Result> await_result(Session& session, Clock::time_point deadline);

/// Runs SQL of our own, without parameters; several statements may stand in one text.
/// @throws what throw_failure() throws
Result run(Session& session, const std::string& sql);
/// The same, once more when a cancel request hit it that was meant for an earlier statement.
Result run_despite_cancel(Session& session, const std::string& sql);

/// Reads on to the end of what is going on, ends an open COPY with `reason`, and leaves the handle idle or in a transaction block.
/// @return false when the session can not be used any more, or this took longer than the deadline
bool drain(Session& session, const char* reason, Clock::time_point deadline = Clock::time_point::max()) noexcept;

/// The same for a stream that still has much to send: the server is told to stop.
bool stop_stream(Session& session, const char* reason) noexcept;

}  // namespace millrace::postgresql
