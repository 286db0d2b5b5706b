#pragma once
// A script of what goes wrong, and when.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/testing/typical_error.hpp"

namespace millrace::testing {

/// The calls that a fault can strike.
enum class FaultCall : unsigned char {
  any,
  connect,
  statement,    ///< execute(), query(), opening a reader, savepoints
  begin, commit,
  rollback,     ///< a failed one makes the connection unusable; rollback() itself throws nothing
  ping, reset,
  settings,     ///< prepare_for_load(), set_statement_timeout()
  describe, truncate,
  open_writer, write, finish,   ///< of bulk writers
  next                          ///< of readers
};
inline constexpr std::size_t kFaultCalls = static_cast<std::size_t>(FaultCall::next) + 1;
std::string_view to_string(FaultCall call);

/// One thing that goes wrong.
///
///     Fault::error(FaultCall::commit, ErrorCode::serialization).nth(3)            // the third commit from now on
///     Fault::drop(FaultCall::statement).on("UPDATE account")                      // the next statement with this text
///     Fault::drop_after(FaultCall::commit)                                        // committed, but nobody hears of it: InDoubtError
///     Fault::delay(FaultCall::ping, std::chrono::seconds(1)).always()
class Fault {
 public:
  /// The call throws this instead of reaching the database. An error that poisons the connection closes it as well.
  static Fault error(FaultCall call, ErrorInfo error);
  static Fault error(FaultCall call, ErrorCode code, std::string message = {}) { return error(call, typical_error(code, std::move(message))); }
  /// The connection is closed before the call reaches the database; of `connect`: refused.
  static Fault drop(FaultCall call) { return error(call, call == FaultCall::connect ? ErrorCode::connection_refused : ErrorCode::connection_lost); }
  /// The database does what it was asked to, then the connection is closed before its answer comes. A commit, and a statement outside a
  /// transaction, is in doubt.
  static Fault drop_after(FaultCall call);
  /// The call takes this much longer. A connect gives up at its connect time-out, a ping at its own, and a cancel() ends the wait with Error{cancelled}.
  static Fault delay(FaultCall call, std::chrono::milliseconds time);
  /// The call waits until FaultPlan::release() or remove(), as a delay does.
  static Fault hold(FaultCall call);

  /// Only calls whose SQL contains the text; of describe, truncate and open_writer the table's name, of connect the URL without its password.
  Fault& on(std::string text) { text_ = std::move(text); return *this; }
  /// Strikes at the nth such call from now on; 1 is the next one.
  Fault& nth(std::uint64_t n) { nth_ = n; return *this; }
  /// Strikes so many calls in a row.
  Fault& times(std::uint64_t count) { times_ = count; return *this; }
  Fault& always() { return times(kAlways); }

 private:
  friend class FaultPlan;
  friend class FaultConnection;
  friend class FaultDriver;
  static constexpr std::uint64_t kAlways = UINT64_MAX;
  explicit Fault(FaultCall call) : call_(call) {}
  bool waits() const { return hold_ || delay_.count() > 0; }

  FaultCall call_;
  std::string text_;
  std::uint64_t nth_ = 1;
  std::uint64_t times_ = 1;
  std::optional<ErrorInfo> error_;
  bool after_ = false;
  bool hold_ = false;
  std::chrono::milliseconds delay_{0};
};

/// The faults of one or more drivers, and a count of what happened. It can be changed while connections are at work.
/// @thread_safety  Any thread.
class FaultPlan {
 public:
  using Id = std::size_t;

  /// @throws Error{misuse}  nth(0), times(0), a negative delay
  Id add(Fault fault);
  void remove(Id id);          ///< calls that it holds go on
  void clear();                ///< removes all faults; the counts stay
  void release(Id id) { remove(id); }
  /// Every connection that is open now is found closed by its next call, as after a restart of the server. The real session below is closed by that
  /// call, and keeps its locks until then.
  void drop_connections();

  std::uint64_t calls(FaultCall call) const;   ///< made so far, faults or not
  std::uint64_t struck(Id id) const;           ///< how often this fault struck, also when it was removed
  std::uint64_t dropped() const;               ///< connections closed by faults
  std::size_t open_connections() const;        ///< connected, and neither closed nor dropped
  /// Waits until the fault struck so often: a call is held or delayed by it, or got its error.
  /// @return false  it did not within the time-out
  bool wait_until_struck(Id id, std::uint64_t count = 1, std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

 private:
  friend class FaultConnection;
  friend class FaultDriver;

  struct Entry {
    Fault fault;
    std::uint64_t seen = 0;     // matching calls
    std::uint64_t struck = 0;
    bool active = true;
  };
  struct Strike { Id id; Fault fault; };

  std::vector<Strike> arrive(FaultCall call, std::string_view text);
  /// Waits as the fault says, at most `limit` where there is one. False: the limit ended it.
  bool wait(const Strike& strike, std::optional<std::chrono::milliseconds> limit, const std::function<bool()>& cancelled) const;
  void wake() const;
  std::uint64_t generation() const;
  void count_opened();
  void count_closed(bool dropped);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Entry> entries_;
  std::array<std::uint64_t, kFaultCalls> calls_{};
  std::uint64_t generation_ = 0;
  std::uint64_t dropped_ = 0;
  std::size_t open_ = 0;
};

}  // namespace millrace::testing
