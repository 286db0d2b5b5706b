#pragma once
// From libpq's diagnostics to Millrace's errors. What an error means is decided by its SQLSTATE: texts are translated.

#include <cstdint>
#include <string_view>

#include "millrace/access/error.hpp"
#include "postgresql/session.hpp"

namespace millrace::postgresql {

inline constexpr std::string_view kBackend = "postgresql";

/// An error of this backend without SQLSTATE.
ErrorInfo error_info(ErrorCode code, std::string message);
/// What a failed result says; without a SQLSTATE, what became of the connection.
ErrorInfo failure(const Session& session, const PGresult* result);
[[noreturn]] void throw_failure(const Session& session, const PGresult* result);
/// The connection died where `what` may have been committed already.
[[noreturn]] void throw_in_doubt(const Session& session, const PGresult* result, const char* what);
/// A statement turned out to be a COPY from or to the client, which only a bulk writer can do. Ends it.
[[noreturn]] void throw_copy_refused(Session& session);

/// The line that the context of a COPY into `table` names, in any of the server's languages; 0 = none.
/// Every translation keeps "COPY", the table's name and, behind it, the line number in this order.
std::int64_t copy_line(std::string_view context, std::string_view table);

}  // namespace millrace::postgresql
