#pragma once
// Many rows in one statement: each column's values as one parameter, a text that the database takes apart.
//
// Where a driver sends the rows of an array one after the other, this is one statement that the server plans once, and its count is the server's own.

#include <cstddef>
#include <string>
#include <vector>

#include "common/cli/session.hpp"
#include "millrace/data/record_batch.hpp"

namespace millrace::MILLRACE_CLI {

/// The values of rows [begin, end) of a column as PostgreSQL writes an array (its manual, "Array Input and Output Syntax"): `{1,NULL,"a \"b\""}`.
void pack_column(const Column& column, std::size_t begin, std::size_t end, std::string& out);

/// The parameters of one packed statement; their memory is kept from run to run.
class PackedRows {
 public:
  explicit PackedRows(std::size_t columns) : texts_(columns), lengths_(columns) {}
  void fill(const RecordBatch& batch, std::size_t begin, std::size_t end);
  SQLRETURN bind(SQLHSTMT statement);

 private:
  std::vector<std::string> texts_;
  std::vector<SQLLEN> lengths_;
};

}  // namespace millrace::MILLRACE_CLI
