#pragma once
// Bound parameters to libpq's arrays, results to values.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/connection.hpp"
#include "postgresql/pq.hpp"

namespace millrace::postgresql {

/// The arrays of PQexecParams. Values travel as text of a type that the server infers from the statement, except bytes,
/// which are binary: only so do they reach every column they fit.
class BoundValues {
 public:
  /// @throws DataError  a text holds a NUL byte; the message has its position
  explicit BoundValues(const std::vector<Value>& values);

  int count() const { return static_cast<int>(pointers_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<Oid> types_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// The type of a result column, as far as its oid and modifier tell without asking the server.
SqlType type_of(Oid oid, int modifier);

/// A text in PostgreSQL's output format as a value; what its type can not hold (a numeric of over 38 digits, NaN, a date
/// BC or infinity) stays text.
Value decode_value(Oid oid, std::string_view text);

ResultSet to_result_set(const PGresult* result);

}  // namespace millrace::postgresql
