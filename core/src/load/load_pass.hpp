#pragma once
// One pass over the input: cut units, skip what is committed, hand the rest to the writers.

#include <functional>
#include <map>

#include "load/load_context.hpp"
#include "millrace/load/report.hpp"
#include "millrace/load/runs.hpp"
#include "millrace/load/source.hpp"
#include "millrace/load/writer_group.hpp"

namespace millrace {

struct PassResult {
  std::int64_t read = 0;
  std::int64_t units = 0;
  std::int64_t units_skipped = 0;
  std::vector<WriterStats> writers;
};

/// @param committed  the run's ledger by first_src_row: these units are read, compared with their hash, and not sent again
/// @param on_tick    called after each unit
/// @param result     what was done, also when the pass fails
/// @throws DataError  the input is not what the ledger's units were made of
void run_pass(RunContext& run, Source& source, const std::map<std::int64_t, LedgerEntry>& committed, int writers, const std::function<void()>& on_tick, PassResult& result);

}  // namespace millrace
