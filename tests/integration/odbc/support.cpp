#include "integration/odbc/support.hpp"

#include <dlfcn.h>

#include <algorithm>

#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"

namespace millrace::test {
namespace {

const TableName kTable{"", "T"};

/// The library stays loaded from here on; the driver manager would drop it, and its databases, with the last connection.
decltype(&fake_odbc_statistics) exported_statistics() {
  void* const library = dlopen(MILLRACE_FAKE_ODBC, RTLD_NOW | RTLD_LOCAL);
  if (!library) FAIL(dlerror());
  return reinterpret_cast<decltype(&fake_odbc_statistics)>(dlsym(library, "fake_odbc_statistics"));
}

}  // namespace

FakeRows numbered(std::int64_t first, std::int64_t last) {
  FakeRows rows;
  for (std::int64_t id = first; id <= last; ++id) rows.push_back({id, "v" + std::to_string(id)});
  return rows;
}

FakeDatabase::FakeDatabase() {
  static int counter = 0;
  name_ = "db" + std::to_string(++counter);
  statistics();
}

std::string FakeDatabase::url(const std::string& more) const { return "odbc:Driver=" MILLRACE_FAKE_ODBC ";Database=" + name_ + more; }

std::unique_ptr<Connection> FakeDatabase::connect(const std::string& behaviour, const std::string& more) const {
  return default_drivers().connect(ConnectionConfig::from_url(url((behaviour.empty() ? "" : ";Behaviour=" + behaviour) + more)));
}

FakeOdbcStatistics FakeDatabase::statistics() const {
  static const auto statistics_of = exported_statistics();
  REQUIRE(statistics_of);
  return statistics_of(name_.c_str());
}

FakeRows FakeDatabase::rows() const {
  FakeRows rows;
  for (const Row row : connect()->query(R"(SELECT "ID", "V" FROM "T")")) {
    rows.push_back({row[0].as<std::int64_t>(), row[1].is_null() ? std::nullopt : std::optional(row[1].as<std::string>())});
  }
  CHECK(rows.size() == statistics().rows);
  return rows;
}

RecordBatch batch_of(Connection& connection, const FakeRows& rows) {
  std::vector<BatchColumn> columns;
  for (const ColumnInfo& column : connection.columns(kTable)) columns.push_back({column.name, column.type});
  BatchBuilder builder(columns);
  for (const FakeRow& row : rows) builder.append_row({row.id ? Value(*row.id) : Value(), row.v ? Value(*row.v) : Value()});
  return builder.take();
}

std::unique_ptr<BulkWriter> open_writer(Connection& connection, const WriterOptions& options) { return connection.open_writer(kTable, connection.columns(kTable), options); }

std::int64_t load(Connection& connection, const FakeRows& rows, const WriterOptions& options, std::size_t batch_rows) {
  Transaction transaction(connection);
  const auto writer = open_writer(connection, options);
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_rows) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    writer->write(batch_of(connection, {first, first + static_cast<std::ptrdiff_t>(std::min(batch_rows, rows.size() - begin))}));
  }
  const std::int64_t stored = writer->finish().rows;
  transaction.commit();
  return stored;
}

}  // namespace millrace::test
