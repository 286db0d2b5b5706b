#pragma once
// Single values as parameters of a statement. Arrays are in array_buffer.hpp.

#include <memory>
#include <string>
#include <vector>

#include "common/cli/session.hpp"
#include "millrace/data/value.hpp"

namespace millrace::MILLRACE_CLI {

/// From this length on a text or binary value is bound as a long one: no product has a shorter limit of VARCHAR.
inline constexpr SQLULEN kLongFrom = 8000;

/// How values of one kind travel.
struct ParameterType {
  SQLSMALLINT c_type = SQL_C_CHAR;
  SQLSMALLINT sql_type = SQL_VARCHAR;
  SQLULEN size = 0;        ///< digits, or characters; 0 where the type has none
  SQLSMALLINT scale = 0;
};

/// The values of one statement, in memory that stays where it is until the statement has run.
class Parameters {
 public:
  /// @throws DataError  a text with a NUL byte, which drivers cut off; a NaN where the database would store NULL
  Parameters(const Session& session, const std::vector<Value>& values);
  /// Binds them to the statement's markers. @throws what the driver says
  void bind(SQLHSTMT statement) const;
  std::size_t size() const { return cells_.size(); }

 private:
  struct Cell {
    ParameterType type;
    std::string bytes;      // the C value, or the text
    SQLLEN length = 0;
  };
  const Session& session_;
  std::vector<std::unique_ptr<Cell>> cells_;
};

}  // namespace millrace::MILLRACE_CLI
