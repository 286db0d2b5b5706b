#include "load/load_pass.hpp"

#include "load/unit_sink.hpp"

namespace millrace {
namespace {

void check_unchanged(const Unit& unit, const LedgerEntry& entry, const std::string& source) {
  if (entry.hash == unit.hash && entry.byte_offset == unit.byte_offset && entry.byte_length == unit.byte_length && entry.last_src_row == unit.last_src_row()) return;
  throw DataError(source + " changed since the run began: records " + std::to_string(entry.first_src_row) + " to " + std::to_string(entry.last_src_row) +
                  " were committed with other bytes; resume with the same input, or load the changed one as a new run");
}

}  // namespace

void run_pass(RunContext& run, Source& source, const std::map<std::int64_t, LedgerEntry>& committed, int writers, const std::function<void()>& on_tick, PassResult& result) {
  result = {};
  // Where one connection does every write, decoded units wait for it as well: one raw unit behind them is enough.
  const std::size_t queue_units = run.traits.concurrent_writers ? 0 : 1;
  WriterGroup group(writers, queue_units, [&run](int worker) { return make_ledger_sink(run, worker); });
  const std::stop_callback on_stop(run.stop, [&group] { group.request_stop(); });
  std::exception_ptr failure;
  std::size_t met = 0;
  try {
    while (auto unit = source.next_unit()) {
      if (run.stop.stop_requested()) throw stopped_error();
      run.counters.unit_read(*unit);
      result.read += unit->rows;
      ++result.units;
      if (const auto entry = committed.find(unit->first_src_row); entry != committed.end()) {
        check_unchanged(*unit, entry->second, source.name());
        ++met;
        ++result.units_skipped;
        run.limiter.add(entry->second.rejected);
        run.rows_committed += entry->second.accepted;
        run.rows_rejected += entry->second.rejected;
      } else {
        group.push(std::move(*unit));
      }
      on_tick();
    }
    if (met != committed.size()) throw DataError(source.name() + " is shorter than what run " + run.plan.run_id + " committed of it; resume with the same input");
    group.close();
  } catch (...) {
    failure = std::current_exception();
    group.abort();
  }
  result.writers = group.results();
  // An input that ended because of the stop must not pass for a whole one.
  if (run.stop.stop_requested()) throw stopped_error();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace millrace
