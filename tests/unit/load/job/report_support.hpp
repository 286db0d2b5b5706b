#pragma once

#include "millrace/load/report.hpp"

namespace millrace::test {

/// A report in which no two fields hold the same value.
inline RunReport full_report() {
  RunReport report;
  report.run_id = "20230228-134500-123-9f86d081c2";
  report.source = "trades.csv";
  report.target = "public.trades";
  report.database = "postgresql://loader@db:5432/prod";
  report.mode = "merge";
  report.state = RunState::published;
  report.outcome = Outcome::loaded_with_rejects;
  report.resumed = true;
  report.counts = {1001, 998, 3, 997, 11, 400, 500, 87, 5};
  report.units = 25;
  report.units_skipped = 7;
  report.replays = 2;
  report.target_rows = 123456789;
  report.control_totals = {{"tran_amt", "12345678901234567890.12", "12345678901234567890.12"}};
  report.writers = {{1, 12, 500, 1, 2, std::chrono::nanoseconds(2100000001), std::chrono::nanoseconds(300000007)}, {2, 13, 498, 2, 0, {}, {}}};
  report.checks = {{"rows read = accepted + rejected", "1001", "1001"}, {"sum of tran_amt", "1.10", "1.10"}};
  report.notes = {"a note"};
  report.planned_sql = {"SELECT 1"};
  report.reject_file = "./trades.csv.rejects.jsonl";
  report.duration = std::chrono::nanoseconds(4123456789);
  report.error_code = "data";
  report.sqlstate = "22P02";
  return report;
}

}  // namespace millrace::test
