// Replaces all rows of a PostgreSQL table, atomically.
//
//   postgresql_truncate_reload [--to URL]          default: the environment's DATABASE_URL
//
// The idea: TRUNCATE first and COPY afterwards leaves an empty table behind when the COPY fails. Millrace stages the new rows first, and
// truncates and inserts in one short transaction at the end. The second load of this program is broken on purpose: the table keeps
// the rows of the first.

#include <cstdlib>
#include <iostream>
#include <string>

#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"
#include "schema.hpp"

namespace {

constexpr const char* kGood =
    "branch_cd,city,opened_on\n"
    "B01,Zürich,1999-04-01\n"
    "B02,\"San José, CA\",2004-09-15\n"
    "B03,東京,\n";  // an empty field is NULL
constexpr const char* kBroken =
    "branch_cd,city,opened_on\n"
    "B01,Zürich,1999-04-01\n"
    "B02,San José,2023-02-29\n";  // there was no such day

millrace::RunReport reload(const millrace::DriverRegistry& drivers, const std::string& url, const std::string& csv) {
  millrace::LoadJob job;
  job.to = url;
  job.table = "branches";
  job.mode = millrace::LoadMode::reload;
  job.reject_file = "/dev/null";

  millrace::LoadEnvironment environment;
  environment.drivers = &drivers;
  // Rows may come from anywhere: here from memory instead of a file.
  environment.source = millrace::make_csv_source(millrace::memory_stream(csv), "branches in memory", job.csv_options());
  return millrace::run_load(job, std::move(environment));
}

}  // namespace

int main(int argc, char** argv) {
  const char* environment_url = std::getenv("DATABASE_URL");
  const std::string url = argc == 3 && std::string(argv[1]) == "--to" ? argv[2] : environment_url ? environment_url : "";
  if ((argc != 1 && argc != 3) || url.empty()) {
    std::cerr << "usage: postgresql_truncate_reload [--to URL]   (or set DATABASE_URL)\n";
    return 64;
  }
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    const auto connection = drivers.connect(millrace::ConnectionConfig::from_url(url));
    examples::make_table(*connection, "branches");

    const millrace::RunReport first = reload(drivers, url, kGood);
    std::cout << millrace::to_text(first);
    if (first.exit_status() != 0) return 1;

    const millrace::RunReport second = reload(drivers, url, kBroken);
    const auto rows = connection->query_value("SELECT count(*) FROM branches").as<int>();
    std::cout << "\nThe broken file was refused: " << second.error << "\nThe table still has " << rows << " rows.\n";
    return second.outcome == millrace::Outcome::failed && rows == 3 ? 0 : 1;
  } catch (const millrace::Error& error) {
    std::cerr << "postgresql_truncate_reload: " << error.what() << '\n';
    return 1;
  }
}
