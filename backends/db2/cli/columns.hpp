#pragma once
// A result's columns in the interface's terms.

#include <cstdint>
#include <string>
#include <string_view>

#include <sqlcli1.h>

#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

struct ColumnDescription {
  SQLSMALLINT type = SQL_VARCHAR;
  std::string_view type_name;      ///< the product's own: "VARCHAR"
  std::int64_t size = 0;           ///< digits of decimals and integers, characters of dates and times, bytes of everything else: no value is longer
  SQLSMALLINT scale = 0;
  std::int64_t display_size = 0;   ///< bytes of the longest value as text
};

/// @param derby  it counts a text's length in characters; here it is the bytes that they may take
ColumnDescription describe(const drda::Column& column, bool derby);

}  // namespace millrace::db2::cli
