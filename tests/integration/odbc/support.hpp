#pragma once
// Connections through the fake driver, and what its databases hold.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "integration/odbc/fake_driver.hpp"
#include "millrace/access/connection.hpp"
#include "millrace/data/record_batch.hpp"

namespace millrace::test {

struct FakeRow {
  std::optional<std::int64_t> id;
  std::optional<std::string> v;
  friend bool operator==(const FakeRow&, const FakeRow&) = default;
};
using FakeRows = std::vector<FakeRow>;

/// {first, "vFIRST"} .. {last, "vLAST"}
FakeRows numbered(std::int64_t first, std::int64_t last);

/// A database of the fake driver that no other test uses.
class FakeDatabase {
 public:
  FakeDatabase();

  /// @param behaviour  as fake_driver.hpp lists them, separated by commas
  /// @param more       further keywords: ";After=3"
  std::unique_ptr<Connection> connect(const std::string& behaviour = {}, const std::string& more = {}) const;
  std::string url(const std::string& more = {}) const;
  FakeOdbcStatistics statistics() const;
  /// What is committed, by key, as a new and well-behaved connection sees it.
  FakeRows rows() const;

 private:
  std::string name_;
};

RecordBatch batch_of(Connection& connection, const FakeRows& rows);
std::unique_ptr<BulkWriter> open_writer(Connection& connection, const WriterOptions& options = {});

/// Rows through one writer, a batch each time `batch_rows` are together, in a transaction that is committed.
std::int64_t load(Connection& connection, const FakeRows& rows, const WriterOptions& options = {}, std::size_t batch_rows = 1000);

/// The error of this class that a call throws; a call that throws none fails the test.
template <class E = Error, class F> ErrorInfo error_of(F&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.info();
  }
  FAIL("no error was thrown");
  return {};
}

}  // namespace millrace::test
