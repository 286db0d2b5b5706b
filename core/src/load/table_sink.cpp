#include <atomic>
#include <thread>

#include "millrace/load/writer_group.hpp"

namespace millrace {
namespace {

/// Appends batches to a table without a ledger.
class TableSink final : public UnitSink {
 public:
  TableSink(Pool& pool, TableName table, const std::vector<std::string>& columns, RetryPolicy retry, WriterOptions options)
      : pool_(pool), table_(std::move(table)), retry_(retry), options_(options), lease_(pool.acquire()), active_(&*lease_) {
    const TableInfo info = lease_->describe(table_);
    for (const std::string& name : columns) {
      const ColumnInfo* column = info.find(name);
      if (!column) throw ConfigError("table " + to_string(info.name) + " has no column \"" + name + "\"");
      columns_.push_back(*column);
    }
  }

  UnitOutcome write(const Unit& unit) override {
    if (!unit.batch) throw Error(ErrorCode::misuse, "this writer group takes batches, not raw units");
    std::int64_t tries = 0;
    RetryEnvironment environment = RetryEnvironment::real();
    environment.sleep = [&](std::chrono::milliseconds delay) { wait(delay); };
    retry(retry_, [&] { ++tries; append(*unit.batch); }, environment);
    return {static_cast<std::int64_t>(unit.batch->rows()), 0, tries - 1};
  }
  void interrupt() noexcept override {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (active_) active_->cancel();
    wake_.notify_all();
  }

 private:
  void append(const RecordBatch& batch) {
    acquire();
    try {
      Transaction transaction(*lease_);
      const auto writer = lease_->open_writer(table_, columns_, options_);
      writer->write(batch);
      const std::int64_t rows = writer->finish().rows;
      if (rows != static_cast<std::int64_t>(batch.rows())) {
        throw Error(ErrorCode::internal, "the server took " + std::to_string(rows) + " rows of " + std::to_string(batch.rows()) + " sent to " + to_string(table_));
      }
      transaction.commit();
    } catch (const Error& error) {
      if (error.poisons_connection() || !lease_->usable()) drop();
      throw;
    }
  }
  void acquire() {
    {
      const std::lock_guard lock(mutex_);
      if (interrupted_) throw Error(ErrorCode::cancelled, "the writer group was aborted");
    }
    if (lease_) return;
    lease_ = pool_.acquire();
    const std::lock_guard lock(mutex_);
    active_ = &*lease_;
  }
  void drop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      active_ = nullptr;
    }
    lease_.discard();
    lease_ = Pool::Lease();
  }
  void wait(std::chrono::milliseconds delay) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, delay, [&] { return interrupted_; });
  }

  Pool& pool_;
  const TableName table_;
  const RetryPolicy retry_;
  const WriterOptions options_;
  std::vector<ColumnInfo> columns_;
  Pool::Lease lease_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Connection* active_;
  bool interrupted_ = false;
};

}  // namespace

SinkFactory table_sinks(Pool& pool, TableName table, std::vector<std::string> columns, RetryPolicy retry, WriterOptions options) {
  return [&pool, table = std::move(table), columns = std::move(columns), retry, options](int) -> std::unique_ptr<UnitSink> {
    return std::make_unique<TableSink>(pool, table, columns, retry, options);
  };
}

}  // namespace millrace
