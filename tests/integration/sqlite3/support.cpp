#include "integration/sqlite3/support.hpp"

#include <cstdlib>

#include "millrace/backends.hpp"
#include "millrace/data/decode.hpp"

namespace millrace::test {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-sqlite-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<Connection> open_sqlite(const std::string& path, bool create) {
  ConnectionConfig config;
  config.scheme = "sqlite";
  config.database = path;
  config.create_database = create;
  DriverRegistry registry;
  register_sqlite3_backend(registry);
  return registry.connect(config);
}

RecordBatch batch_of(const std::vector<ColumnInfo>& columns, const std::vector<TextRow>& rows) {
  std::vector<SqlType> types;
  for (const ColumnInfo& column : columns) types.push_back(column.type);
  RecordBatch batch(types);
  for (const TextRow& row : rows) {
    REQUIRE(row.size() == columns.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i]) {
        batch.column(i).append_null();
      } else if (const DecodeStatus status = append_text(batch.column(i), *row[i]); status != DecodeStatus::ok) {
        FAIL(describe(status, types[i], *row[i]));
      }
    }
  }
  return batch;
}

std::int64_t load(Connection& connection, const TableName& table, const std::vector<TextRow>& rows, std::size_t batch_rows) {
  const TableInfo info = connection.describe(table);
  const auto writer = connection.open_writer(info.name, info.columns);
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_rows) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), begin + batch_rows));
    writer->write(batch_of(info.columns, {first, last}));
  }
  return writer->finish().rows;
}

std::string dump(Connection& connection, const std::string& sql) {
  std::string text;
  for (const Row row : connection.query(sql)) {
    if (!text.empty()) text += ' ';
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += '|';
      text += row[i].is_null() ? "NULL" : row[i].to_text();
    }
  }
  return text;
}

}  // namespace millrace::test
