#pragma once
// Bound parameters: from the caller's memory into a row of the client, value by value, without a copy between.

#include <cstdint>
#include <string_view>
#include <vector>

#include <sqlcli1.h>

#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

/// What SQLBindParameter was told.
struct BoundParameter {
  SQLSMALLINT c_type = 0;      ///< never SQL_C_DEFAULT; 0: not bound
  SQLSMALLINT sql_type = 0;
  const char* values = nullptr;
  SQLLEN room = 0;             ///< of one value in an array, where its C type has no size of its own
  const SQLLEN* lengths = nullptr;
};

/// Takes a binding. @throws CallError{HY003, HY004, 07006, HYC00, HY105}  types that are not known, or not together; an output parameter
BoundParameter bind_parameter(SQLSMALLINT direction, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLPOINTER values, SQLLEN room, SQLLEN* lengths);

/// The bound values of a statement's markers, for one execution. Its memory is kept from one to the next.
class ParameterRows {
 public:
  /// Types come from the bindings: nobody asks the server. @throws CallError{07002} a marker has no binding; CallError{HY090} a length that is none
  void prepare(const std::vector<BoundParameter>& bound, std::size_t markers, std::size_t rows);
  const std::vector<drda::ParameterType>& types() const { return types_; }
  /// Fits drda::FillRow.
  void write(drda::RowWriter& out, std::size_t row) const;

 private:
  struct Source {
    const char* values;
    const SQLLEN* lengths;
    std::size_t stride;
    SQLSMALLINT c_type;
    bool is_time;              // a text whose fraction of a second, if it is zero, no server's TIME takes
    SQLSMALLINT sql_type;
  };
  std::vector<Source> sources_;
  std::vector<drda::ParameterType> types_;
  bool array_ = false;
};

/// `03:04:05.000000` as `03:04:05`; a fraction that is not zero stays, for the server to refuse.
std::string_view without_zero_fraction(std::string_view time);

}  // namespace millrace::db2::cli
