#pragma once
// Writers: threads that take units from a bounded queue and commit them, each on its own connection.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "millrace/access/pool.hpp"
#include "millrace/access/retry.hpp"
#include "millrace/load/report.hpp"
#include "millrace/load/source.hpp"

namespace millrace {

/// What became of one unit.
struct UnitOutcome {
  std::int64_t rows = 0;
  std::int64_t rejects = 0;
  std::int64_t replays = 0;
};

/// Commits units; a writer's own end of the group.
/// @thread_safety  write: one thread. interrupt: any thread.
class UnitSink {
 public:
  virtual ~UnitSink() = default;
  /// Returns once the unit is committed. What it throws fails the whole group.
  virtual UnitOutcome write(const Unit& unit) = 0;
  /// Asks a write that is under way to end soon; it then throws.
  virtual void interrupt() noexcept = 0;
};
/// Called on the writer's own thread before its first unit.
using SinkFactory = std::function<std::unique_ptr<UnitSink>(int worker)>;

/// A fixed number of writers behind one bounded queue.
///
/// push() blocks while the queue is full: back-pressure, not memory, absorbs a slow server. A writer that cannot connect or gives up fails the producers
/// and the group with its error; nobody hangs.
/// @thread_safety  push, close and abort: any thread. results: any time, exact after close() or abort().
class WriterGroup {
 public:
  /// @param queue_units  units that may wait; 0 = as many as there are writers
  WriterGroup(int writers, std::size_t queue_units, SinkFactory make_sink);
  ~WriterGroup();  ///< aborts unless closed
  WriterGroup(const WriterGroup&) = delete;
  WriterGroup& operator=(const WriterGroup&) = delete;

  /// @throws the first error of a writer; Error{misuse} after close(), Error{cancelled} after abort()
  void push(Unit unit);
  void push(RecordBatch batch);
  /// Waits until everything pushed is committed. @throws the first error of a writer
  void close();
  /// Drops what waits, interrupts what runs, joins the threads.
  void abort() noexcept;
  /// interrupt() of every running sink and an end to the queue, without waiting: for signal paths.
  void request_stop() noexcept;
  std::vector<WriterStats> results() const;

 private:
  struct Worker;
  void run(Worker& worker, const SinkFactory& make_sink);
  void fail(std::exception_ptr error) noexcept;
  void join() noexcept;

  mutable std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<Unit> queue_;
  const std::size_t capacity_;
  bool closed_ = false;
  bool aborted_ = false;
  std::exception_ptr error_;
  std::int64_t next_src_row_ = 1;
  std::int64_t next_number_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// Sinks that append pushed batches to a table, each batch in a transaction of its own on a connection leased from `pool`.
/// A transient error replays the batch by `retry`; an unknown outcome of a COMMIT is thrown (InDoubtError): only a load with a ledger can settle it.
/// @param columns  names of the table's columns in the order of the batches' columns
SinkFactory table_sinks(Pool& pool, TableName table, std::vector<std::string> columns, RetryPolicy retry = {}, WriterOptions options = {});

}  // namespace millrace
