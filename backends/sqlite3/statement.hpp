#pragma once
// A prepared statement.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "millrace/data/value.hpp"

namespace millrace::sqlite {

class Statement {
 public:
  /// @throws DatabaseError  what SQLite says, or more than one statement in the text
  Statement(::sqlite3* db, std::string_view sql);

  /// Texts and bytes are not copied: the values must outlive the last step.
  /// @throws Error{misuse} wrong number of values; DataError a NaN, which SQLite would store as NULL
  void bind(const std::vector<Value>& values);
  /// @return true on a row, false at the end. @throws what the statement ran into
  bool step();
  void reset() noexcept { sqlite3_reset(statement_.get()); }
  void run() { while (step()) {} }

  ::sqlite3_stmt* get() const { return statement_.get(); }  ///< nullptr: nothing but blanks and comments
  int columns() const { return sqlite3_column_count(statement_.get()); }
  std::string_view text(int column) const;       ///< "" for NULL; valid until the next step
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

 private:

  struct Finalize { void operator()(::sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); } };
  ::sqlite3* db_;
  std::unique_ptr<::sqlite3_stmt, Finalize> statement_;
};

/// Runs one statement without parameters.
void run(::sqlite3* db, std::string_view sql);

}  // namespace millrace::sqlite
