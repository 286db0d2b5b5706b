#include "millrace/load/writer_group.hpp"

#include <algorithm>

#include "millrace/access/error.hpp"

namespace millrace {

struct WriterGroup::Worker {
  WriterStats stats;
  std::unique_ptr<UnitSink> sink;   // guarded by the group's mutex while others may interrupt it
  std::thread thread;
};

WriterGroup::WriterGroup(int writers, std::size_t queue_units, SinkFactory make_sink)
    : capacity_(queue_units ? queue_units : static_cast<std::size_t>(std::max(writers, 1))) {
  if (writers < 1) throw Error(ErrorCode::misuse, "a writer group needs at least one writer");
  for (int i = 0; i < writers; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->stats.worker = i;
  }
  for (auto& worker : workers_) {
    worker->thread = std::thread([this, &worker = *worker, make_sink] { run(worker, make_sink); });
  }
}

WriterGroup::~WriterGroup() { abort(); }

void WriterGroup::push(Unit unit) {
  std::unique_lock lock(mutex_);
  not_full_.wait(lock, [&] { return queue_.size() < capacity_ || error_ || aborted_ || closed_; });
  if (error_) std::rethrow_exception(error_);
  if (aborted_) throw Error(ErrorCode::cancelled, "the writer group was aborted");
  if (closed_) throw Error(ErrorCode::misuse, "push after close of a writer group");
  queue_.push_back(std::move(unit));
  not_empty_.notify_one();
}

void WriterGroup::push(RecordBatch batch) {
  Unit unit;
  unit.rows = static_cast<std::int64_t>(batch.rows());
  unit.batch = std::make_shared<const RecordBatch>(std::move(batch));
  {
    const std::lock_guard lock(mutex_);
    unit.number = next_number_++;
    unit.first_src_row = next_src_row_;
    next_src_row_ += unit.rows;
  }
  push(std::move(unit));
}

void WriterGroup::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
    not_full_.notify_all();
  }
  join();
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  if (aborted_) throw Error(ErrorCode::cancelled, "the writer group was aborted");
}

void WriterGroup::abort() noexcept {
  request_stop();
  join();
}

void WriterGroup::request_stop() noexcept {
  const std::lock_guard lock(mutex_);
  if (!closed_) aborted_ = true;
  else if (!queue_.empty() || std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->sink != nullptr; })) aborted_ = true;
  queue_.clear();
  for (auto& worker : workers_) {
    if (worker->sink) worker->sink->interrupt();
  }
  not_empty_.notify_all();
  not_full_.notify_all();
}

void WriterGroup::join() noexcept {
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

std::vector<WriterStats> WriterGroup::results() const {
  const std::lock_guard lock(mutex_);
  std::vector<WriterStats> all;
  for (const auto& worker : workers_) all.push_back(worker->stats);
  return all;
}

void WriterGroup::fail(std::exception_ptr error) noexcept {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  queue_.clear();  // nothing after a failure is written: stop rather than leave a hole
  for (auto& worker : workers_) {
    if (worker->sink) worker->sink->interrupt();
  }
  not_empty_.notify_all();
  not_full_.notify_all();
}

void WriterGroup::run(Worker& worker, const SinkFactory& make_sink) {
  using Clock = std::chrono::steady_clock;
  try {
    {
      auto sink = make_sink(worker.stats.worker);
      const std::lock_guard lock(mutex_);
      worker.sink = std::move(sink);
    }
    for (;;) {
      Unit unit;
      {
        const auto started = Clock::now();
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [&] { return !queue_.empty() || closed_ || aborted_ || error_; });
        worker.stats.wait += Clock::now() - started;
        if (aborted_ || error_ || queue_.empty()) break;
        unit = std::move(queue_.front());
        queue_.pop_front();
        not_full_.notify_one();
      }
      const auto started = Clock::now();
      const UnitOutcome outcome = worker.sink->write(unit);
      const std::lock_guard lock(mutex_);
      worker.stats.busy += Clock::now() - started;
      ++worker.stats.units;
      worker.stats.rows += outcome.rows;
      worker.stats.rejects += outcome.rejects;
      worker.stats.replays += outcome.replays;
    }
  } catch (...) {
    fail(std::current_exception());
  }
  std::unique_ptr<UnitSink> done;
  {
    const std::lock_guard lock(mutex_);
    done = std::move(worker.sink);
  }
}

}  // namespace millrace
