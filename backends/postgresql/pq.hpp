#pragma once
// libpq's results as values that clean up after themselves.

#include <memory>
#include <string_view>

#include <libpq-fe.h>

namespace millrace::postgresql {

struct ClearResult { void operator()(PGresult* result) const noexcept { PQclear(result); } };
using Result = std::unique_ptr<PGresult, ClearResult>;

inline std::string_view field(const PGresult* result, int row, int column) {
  return {PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))};
}

/// A field of an error, "" where the server sent none.
inline std::string_view diagnostic(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? std::string_view(text) : std::string_view();
}

}  // namespace millrace::postgresql
