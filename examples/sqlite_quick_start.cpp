// From a CSV file to a table of an embedded database, in one program and without a server.
//
//   sqlite_quick_start [DIRECTORY]       DIRECTORY (default: the current one) gets quick_start.csv and quick_start.db
//
// The idea: describe what you want as a LoadJob, call run_load, look at the RunReport. A row that is no row of the table does not
// stop anything and does not get lost: it goes into a reject file with its line, its column and the reason.

#include <fstream>
#include <iostream>
#include <string>

#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "schema.hpp"

namespace {

void write_csv(const std::string& path) {
  std::ofstream file(path);
  file << "acct_id,prod_cd,tran_amt,tran_dt\n"
          "AC0000000001,P001,125.50,2024-03-01\n"
          "AC0000000001,P002,-80.00,2024-03-02\n"
          "AC0000000002,P001,12.345,2024-03-02\n"   // rounded half away from zero: 12.35
          "AC0000000003,P001,ten,2024-03-04\n";     // no decimal: rejected
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : ".";
  const std::string url = "sqlite:" + directory + "/quick_start.db";
  try {
    // Every backend of this build. A program may also register just the ones it wants.
    const millrace::DriverRegistry drivers = millrace::default_drivers();

    auto config = millrace::ConnectionConfig::from_url(url);
    config.create_database = true;
    const auto connection = drivers.connect(config);
    examples::make_table(*connection, "transactions");

    millrace::LoadJob job;
    job.source = directory + "/quick_start.csv";
    write_csv(job.source);
    job.to = url;
    job.table = "transactions";
    job.key = {"acct_id", "prod_cd"};  // a key makes it a merge: run the program twice and nothing is inserted twice
    job.max_rejects.count = 10;        // the default is 0: one bad record and nothing is published
    job.reject_file = directory + "/quick_start.rejects.jsonl";

    millrace::LoadEnvironment environment;
    environment.drivers = &drivers;
    const millrace::RunReport report = millrace::run_load(job, std::move(environment));
    std::cout << millrace::to_text(report);

    const auto rows = connection->query("SELECT acct_id, prod_cd, tran_amt FROM transactions WHERE tran_amt > ? ORDER BY acct_id, prod_cd",
                                        {millrace::Decimal::parse("0")});
    std::cout << "\nPositive amounts:\n";
    for (const millrace::Row row : rows) {
      std::cout << "  " << row["acct_id"].to_text() << ' ' << row["prod_cd"].to_text() << ' ' << row["tran_amt"].to_text() << '\n';
    }
    return report.exit_status();  // 2: loaded, some records were rejected
  } catch (const millrace::Error& error) {
    std::cerr << "sqlite_quick_start: " << error.what() << '\n';
    return 1;
  }
}
