#pragma once
// A stream of bytes to the server, TCP or TLS over it. Sends and receives at the same time; whoever waits has a deadline.

#include <chrono>
#include <memory>

#include "db2/drda/bytes.hpp"
#include "db2/drda/client.hpp"

namespace millrace::drda {

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

/// @thread_safety  One thread at a time, except abort().
class Transport {
 public:
  /// @throws Failure 08001
  static std::unique_ptr<Transport> connect(const ConnectOptions& options, Deadline deadline);
  virtual ~Transport() = default;

  /// Starts to send; `bytes` must stay as they are until sending() is false. Nothing may be being sent.
  virtual void start_send(Bytes bytes) = 0;
  virtual bool sending() const = 0;

  /// Waits until bytes have arrived or have left.
  /// @return what has arrived, nothing if bytes have only left; until the next call
  /// @throws Failure  08S01 the server closed or the network failed, HYT00 the deadline, 57014 abort(). The connection is closed then
  virtual Bytes wait(Deadline deadline) = 0;

  virtual bool is_open() const noexcept = 0;
  virtual void close() noexcept = 0;
  /// Closes; ends a wait() of another thread with 57014.
  virtual void abort() noexcept = 0;
};

}  // namespace millrace::drda
