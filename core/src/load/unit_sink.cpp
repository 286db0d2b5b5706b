#include "load/unit_sink.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "load/unit_rows.hpp"
#include "millrace/access/log.hpp"
#include "millrace/load/ledger.hpp"

namespace millrace {

BatchComposer::BatchComposer(const LoadPlan& plan, int worker) : plan_(plan), worker_(worker) {
  std::vector<SqlType> types;
  for (const ColumnInfo& column : plan.written_columns()) types.push_back(column.type);
  composed_ = RecordBatch(types);
  if (plan.staged) return;
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  for (const LoadPlan::Constant& constant : plan.constants) {
    Column& column = constants_.emplace_back(constant.column.type);
    const DecodeStatus status = append_text(column, constant.now ? to_string(Timestamp{now}) : constant.text, plan.decode.options);
    if (status != DecodeStatus::ok) throw ConfigError("--set " + constant.column.name + ": " + describe(status, constant.column.type, constant.text));
  }
}

const RecordBatch& BatchComposer::compose(RecordBatch& decoded) {
  const std::size_t rows = decoded.rows();
  const std::size_t loaded = plan_.columns.size();
  for (std::size_t i = 0; i < loaded; ++i) std::swap(composed_.column(i), decoded.column(i));
  for (std::size_t i = loaded; i < composed_.column_count(); ++i) composed_.column(i).clear();
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    for (std::size_t row = 0; row < rows; ++row) composed_.column(loaded + i).append_from(constants_[i], 0);
  }
  if (plan_.staged) {
    Column& src_row = composed_.column(loaded);
    src_row.reserve(rows);
    for (const std::int64_t number : decoded.src_rows()) src_row.append_fixed(number);
    if (plan_.staging.permanent) {
      for (std::size_t row = 0; row < rows; ++row) {
        composed_.column(loaded + 1).append_bytes(plan_.run_id);
        composed_.column(loaded + 2).append_fixed(static_cast<std::int32_t>(worker_));
      }
    }
  }
  composed_.src_rows() = decoded.src_rows();
  return composed_;
}

void BatchComposer::give_back(RecordBatch& decoded) {
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) std::swap(composed_.column(i), decoded.column(i));
}

namespace {

bool blames_a_row(const Error& error) { return !dynamic_cast<const RejectLimitExceeded*>(&error) && is_row_error(error.info()); }

class LedgerSink final : public UnitSink {
 public:
  LedgerSink(RunContext& run, int worker)
      : run_(run), worker_(worker), columns_(run.plan.written_columns()), composer_(run.plan, worker),
        rows_(run.traits.concurrent_writers ? streaming_rows(run.source.make_decoder(run.plan.decode)) : decoded_rows(run.source.make_decoder(run.plan.decode))) {}

  UnitOutcome write(const Unit& unit) override;
  void interrupt() noexcept override {
    const std::lock_guard lock(active_mutex_);
    interrupted_ = true;
    if (active_) active_->cancel();
  }

 private:
  struct Attempt {
    std::int64_t accepted = 0;
    std::vector<Reject> rejects;
    ControlSums sums;
  };

  UnitOutcome attempt(const Unit& unit, bool careful);
  /// The counts of a unit that an earlier attempt or a predecessor committed.
  UnitOutcome committed_before(Connection& connection, const Unit& unit);
  void write_fast(Connection& connection, Attempt& attempt);
  void write_carefully(Connection& connection, Attempt& attempt);
  void insert_rows(Connection& connection, const RecordBatch& batch, Attempt& attempt);
  void reject_row(const RecordBatch& batch, std::size_t row, const Error& error, Attempt& attempt);
  void count_rejects(const Attempt& attempt);
  void add_sums(const RecordBatch& batch, ControlSums& sums) const;
  void committed(const Unit& unit, const UnitOutcome& outcome, std::chrono::nanoseconds took) const;

  Connection& acquire();
  void release(bool discard) noexcept;
  void check_interrupted();

  RunContext& run_;
  const int worker_;
  const std::vector<ColumnInfo> columns_;
  BatchComposer composer_;
  std::unique_ptr<UnitRows> rows_;
  Pool::Lease lease_;
  std::int64_t counted_rejects_ = 0;   // of the unit at hand, in the run's limiter

  std::mutex active_mutex_;
  Connection* active_ = nullptr;
  bool interrupted_ = false;
};

Connection& LedgerSink::acquire() {
  check_interrupted();
  if (!lease_) {
    lease_ = run_.pool.acquire();
    const std::lock_guard lock(active_mutex_);
    active_ = &*lease_;
  }
  return *lease_;
}

void LedgerSink::release(bool discard) noexcept {
  {
    const std::lock_guard lock(active_mutex_);
    active_ = nullptr;
  }
  if (discard && lease_) lease_.discard();
  lease_ = Pool::Lease();
}

void LedgerSink::check_interrupted() {
  const std::lock_guard lock(active_mutex_);
  if (interrupted_ || run_.stop.stop_requested()) throw stopped_error();
}

UnitOutcome LedgerSink::write(const Unit& unit) {
  const auto started = std::chrono::steady_clock::now();
  rows_->start(unit);
  const auto deadline = std::chrono::steady_clock::now() + run_.claim_deadline;
  bool careful = false;
  std::int64_t replays = 0;
  for (int number = 1;;) {
    try {
      UnitOutcome outcome = attempt(unit, careful);
      if (!run_.traits.concurrent_writers) release(false);
      outcome.replays = replays;
      committed(unit, outcome, std::chrono::steady_clock::now() - started);
      return outcome;
    } catch (const RejectLimitExceeded&) {
      release(false);
      throw;  // what was counted stays: it is why the run fails
    } catch (const Error& error) {
      // Whatever an attempt counted is void: the unit is judged anew.
      run_.limiter.take_back(std::exchange(counted_rejects_, 0));
      const bool in_doubt = error.code() == ErrorCode::in_doubt;
      release(error.poisons_connection() || in_doubt);
      check_interrupted();
      if (!careful && blames_a_row(error)) {
        careful = true;  // some row was refused: find it, leave it out
        continue;
      }
      if (!error.safe_to_retry() && !in_doubt) throw;
      // A lock time-out while a live predecessor holds the unit is no failed attempt.
      const bool waiting = error.code() == ErrorCode::lock_timeout && std::chrono::steady_clock::now() < deadline;
      if (!waiting && number >= run_.retry.attempts) {
        if (number == 1) throw;
        log(LogLevel::error, "unit.given_up", "gave the unit at record " + std::to_string(unit.first_src_row) + " up after " + std::to_string(number) + " attempts: " + error.what(),
            {{"run_id", run_.plan.run_id}, {"first_src_row", std::to_string(unit.first_src_row)}, {"attempts", std::to_string(number)}, {"code", std::string(to_string(error.code()))}, {"sqlstate", error.sqlstate()}});
        throw RetryError(error, number);
      }
      const auto delay = delay_after(run_.retry, number);
      if (!waiting) ++number;
      ++replays;
      run_.counters.replayed();
      log(LogLevel::warning, "unit.replayed", "replaying the unit at record " + std::to_string(unit.first_src_row) + " after: " + error.what(),
          {{"run_id", run_.plan.run_id}, {"first_src_row", std::to_string(unit.first_src_row)}, {"sqlstate", error.sqlstate()}, {"delay_ms", std::to_string(delay.count())}});
      if (!sleep_unless_stopped(delay, run_.stop)) throw stopped_error();
    }
  }
}

void LedgerSink::committed(const Unit& unit, const UnitOutcome& outcome, std::chrono::nanoseconds took) const {
  run_.counters.unit_committed(outcome, took, !run_.plan.staged);
  log(LogLevel::info, "unit.committed", "committed the unit at record " + std::to_string(unit.first_src_row),
      {{"run_id", run_.plan.run_id}, {"unit", std::to_string(unit.number)}, {"first_src_row", std::to_string(unit.first_src_row)}, {"rows", std::to_string(outcome.rows)},
       {"rejected", std::to_string(outcome.rejects)}, {"replays", std::to_string(outcome.replays)}, {"ms", milliseconds_text(took)}});
}

UnitOutcome LedgerSink::attempt(const Unit& unit, bool careful) {
  Connection& connection = acquire();
  Transaction transaction(connection);
  Ledger ledger(connection, run_.plan.state, run_.plan.run_id);
  try {
    ledger.claim(unit, worker_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unique_violation) throw;
    transaction.rollback();
    return committed_before(connection, unit);
  }
  Attempt attempt;
  attempt.sums.resize(run_.plan.summed.size());
  rows_->restart();
  try {
    careful ? write_carefully(connection, attempt) : write_fast(connection, attempt);
  } catch (const RejectLimitExceeded&) {
    run_.reject_file.write(unit, attempt.rejects);  // the run fails, but what was found so far is there for its reader
    throw;
  }
  const auto rejected = static_cast<std::int64_t>(attempt.rejects.size());
  if (attempt.accepted + rejected != unit.rows) {
    throw Error(ErrorCode::internal, "the unit at record " + std::to_string(unit.first_src_row) + " has " + std::to_string(unit.rows) + " records, but " + std::to_string(attempt.accepted) +
                                         " were accepted and " + std::to_string(rejected) + " rejected");
  }
  ledger.complete(unit, attempt.accepted, rejected, sums_to_json(attempt.sums, run_.plan));
  run_.reject_file.write(unit, attempt.rejects);
  transaction.commit();
  counted_rejects_ = 0;
  run_.rows_committed += attempt.accepted;
  run_.rows_rejected += rejected;
  return {attempt.accepted, rejected, 0};
}

UnitOutcome LedgerSink::committed_before(Connection& connection, const Unit& unit) {
  const auto entry = Ledger(connection, run_.plan.state, run_.plan.run_id).find(unit.first_src_row);
  if (!entry || entry->hash != unit.hash) {
    throw ConfigError("the input of run " + run_.plan.run_id + " changed: the unit at record " + std::to_string(unit.first_src_row) + " was committed with other bytes; load the changed input as a new run");
  }
  run_.limiter.add(entry->rejected);
  run_.rows_committed += entry->accepted;
  run_.rows_rejected += entry->rejected;
  return {entry->accepted, entry->rejected, 0};
}

void LedgerSink::add_sums(const RecordBatch& batch, ControlSums& sums) const {
  for (std::size_t i = 0; i < sums.size(); ++i) add_column(sums[i], batch.column(run_.plan.summed[i]));
}

/// Brings the run's count of rejects up to this attempt's and stops past the limit.
void LedgerSink::count_rejects(const Attempt& attempt) {
  const auto found = static_cast<std::int64_t>(attempt.rejects.size());
  if (found == counted_rejects_) return;
  run_.limiter.add(found - counted_rejects_);
  counted_rejects_ = found;
  if (run_.limiter.exceeded_now()) throw reject_limit_error(run_.limiter, attempt.rejects.front(), run_.reject_file.path());
}

void LedgerSink::write_fast(Connection& connection, Attempt& attempt) {
  const auto writer = connection.open_writer(run_.plan.written_table(), columns_);
  while (RecordBatch* batch = rows_->next(attempt.rejects)) {
    count_rejects(attempt);
    if (batch->rows() == 0) continue;
    const RecordBatch& composed = composer_.compose(*batch);
    attempt.accepted += static_cast<std::int64_t>(composed.rows());
    add_sums(composed, attempt.sums);
    try {
      writer->write(composed);
    } catch (...) {
      composer_.give_back(*batch);
      throw;
    }
    composer_.give_back(*batch);
  }
  count_rejects(attempt);
  const std::int64_t written = writer->finish().rows;
  if (written != attempt.accepted) {
    throw Error(ErrorCode::internal, "the server took " + std::to_string(written) + " rows of " + std::to_string(attempt.accepted) + " sent to " + to_string(run_.plan.written_table()));
  }
}

void LedgerSink::write_carefully(Connection& connection, Attempt& attempt) {
  while (RecordBatch* batch = rows_->next(attempt.rejects)) {
    count_rejects(attempt);
    if (batch->rows() == 0) continue;
    const RecordBatch& composed = composer_.compose(*batch);
    try {
      insert_rows(connection, composed, attempt);
    } catch (...) {
      composer_.give_back(*batch);
      throw;
    }
    composer_.give_back(*batch);
  }
  count_rejects(attempt);
  std::sort(attempt.rejects.begin(), attempt.rejects.end(), [](const Reject& a, const Reject& b) { return a.src_row < b.src_row; });
}

/// Writes what the server accepts of a batch: rows that the writer can tell it leaves out by itself, else the row that the server names is left out, else the
/// range is halved, each try under a savepoint.
void LedgerSink::insert_rows(Connection& connection, const RecordBatch& batch, Attempt& attempt) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges = {{0, batch.rows()}};
  while (!ranges.empty()) {
    const auto [begin, end] = ranges.back();
    ranges.pop_back();
    if (begin == end) continue;
    try {
      Savepoint savepoint(connection, "millrace_rows");
      std::map<std::size_t, ErrorInfo> refused;
      WriterOptions options;
      options.on_refused = [&](std::int64_t row, const ErrorInfo& error) { refused.emplace(static_cast<std::size_t>(row), error); };
      const auto writer = connection.open_writer(run_.plan.written_table(), columns_, options);
      RecordBatch part = batch.slice(begin, end);
      writer->write(part);
      const std::int64_t taken = writer->finish().rows;
      if (!refused.empty()) {
        std::vector<bool> flags(part.rows());
        for (const auto& [row, error] : refused) flags[row] = true, reject_row(batch, begin + row, Error(error), attempt);
        part.remove_rows(flags);
      }
      if (taken != static_cast<std::int64_t>(part.rows())) throw Error(ErrorCode::internal, "the server took another number of rows than were sent to " + to_string(run_.plan.written_table()));
      savepoint.release();
      attempt.accepted += static_cast<std::int64_t>(part.rows());
      add_sums(part, attempt.sums);
    } catch (const Error& error) {
      if (!blames_a_row(error) || !connection.usable()) throw;
      if (end - begin == 1) {
        reject_row(batch, begin, error, attempt);
      } else if (const std::int64_t named = error.info().row; named >= 0 && named < static_cast<std::int64_t>(end - begin)) {
        const std::size_t bad = begin + static_cast<std::size_t>(named);
        reject_row(batch, bad, error, attempt);
        ranges.push_back({bad + 1, end});
        ranges.push_back({begin, bad});
      } else {
        const std::size_t middle = begin + (end - begin) / 2;
        ranges.push_back({middle, end});
        ranges.push_back({begin, middle});
      }
    }
  }
}

void LedgerSink::reject_row(const RecordBatch& batch, std::size_t row, const Error& error, Attempt& attempt) {
  Reject reject = rows_->locate(batch.src_rows()[row]);
  reject.column = error.info().column;
  reject.code = std::string(to_string(error.code()));
  reject.sqlstate = error.sqlstate();
  reject.reason = error.what();
  attempt.rejects.push_back(std::move(reject));
  count_rejects(attempt);
}

class DryRunSink final : public UnitSink {
 public:
  DryRunSink(const Source& source, const DecodePlan& plan, DryRunTotals& totals) : decoder_(source.make_decoder(plan)), totals_(totals) {}
  UnitOutcome write(const Unit& unit) override {
    std::vector<Reject> rejects;
    UnitOutcome outcome;
    decoder_->start(unit);
    while (decoder_->next(batch_, rejects)) outcome.rows += static_cast<std::int64_t>(batch_.rows());
    outcome.rejects = static_cast<std::int64_t>(rejects.size());
    const std::lock_guard lock(totals_.mutex);
    totals_.accepted += outcome.rows;
    totals_.rejected += outcome.rejects;
    totals_.samples.insert(totals_.samples.end(), rejects.begin(), rejects.end());
    std::sort(totals_.samples.begin(), totals_.samples.end(), [](const Reject& a, const Reject& b) { return a.src_row < b.src_row; });
    if (totals_.samples.size() > 10) totals_.samples.resize(10);
    return outcome;
  }
  void interrupt() noexcept override {}

 private:
  std::unique_ptr<UnitDecoder> decoder_;
  RecordBatch batch_;
  DryRunTotals& totals_;
};

}  // namespace

std::unique_ptr<UnitSink> make_ledger_sink(RunContext& run, int worker) { return std::make_unique<LedgerSink>(run, worker); }
std::unique_ptr<UnitSink> make_dry_run_sink(const Source& source, const DecodePlan& plan, DryRunTotals& totals) { return std::make_unique<DryRunSink>(source, plan, totals); }

}  // namespace millrace
