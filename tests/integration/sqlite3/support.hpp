#pragma once
// What the tests of the SQLite backend share.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/connection.hpp"
#include "millrace/data/record_batch.hpp"

namespace millrace::test {

/// A directory that goes with its owner.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<Connection> open_sqlite(const std::string& path, bool create = true);
inline std::unique_ptr<Connection> open_memory() { return open_sqlite(":memory:"); }

using TextRow = std::vector<std::optional<std::string>>;

/// A batch from texts, decoded as the columns' types ask for; a text that is no value fails the test.
RecordBatch batch_of(const std::vector<ColumnInfo>& columns, const std::vector<TextRow>& rows);
/// Writes the rows through a bulk writer, one batch of at most `batch_rows` after the other. @return the server's count
std::int64_t load(Connection& connection, const TableName& table, const std::vector<TextRow>& rows, std::size_t batch_rows = 1000);

/// A query's result as text: columns joined by '|', rows by ' '.
std::string dump(Connection& connection, const std::string& sql);

/// The error that a call throws; a call that throws none fails the test.
template <class F> ErrorInfo error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.info();
  }
  FAIL("no error was thrown");
  return {};
}

}  // namespace millrace::test
