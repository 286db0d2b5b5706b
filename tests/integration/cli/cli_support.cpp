#include "cli_support.hpp"

#include "millrace/backends.hpp"

namespace millrace::test {
namespace {

std::unique_ptr<Connection> connect(const std::filesystem::path& folder) {
  ConnectionConfig config = ConnectionConfig::from_url("sqlite:" + (folder / "x.db").string());
  config.create_database = true;
  return default_drivers().connect(config);
}

}  // namespace

Workplace::Workplace() {
  write("a.csv", "id,name\n1,one\n2,two\n3,three\n");
  write("bad.csv", "id,name\n1,one\nx,two\n3,three\n");
  sql("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
}

std::int64_t Workplace::rows(const std::string& table) const { return connect(path())->query_value("SELECT count(*) FROM " + table).as<std::int64_t>(); }
void Workplace::sql(const std::string& statement) const { connect(path())->execute(statement); }

}  // namespace millrace::test
