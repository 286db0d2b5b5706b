#include "millrace/testing/typical_error.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::testing {
namespace {

struct Typical {
  ErrorCode code;
  const char* sqlstate;
  const char* message;
  bool safe_to_retry = false;
  bool poisons_connection = false;
};

constexpr bool kRetry = true;
constexpr bool kPoisons = true;

constexpr Typical kTypical[] = {
    {ErrorCode::connection_refused, "08001", "the server refused the connection", kRetry, kPoisons},
    {ErrorCode::connection_lost, "08006", "the connection to the server was lost", kRetry, kPoisons},
    {ErrorCode::server_shutdown, "57P01", "the server ended the connection because it is shutting down", kRetry, kPoisons},
    {ErrorCode::authentication, "28P01", "the password is wrong", false, kPoisons},
    {ErrorCode::in_doubt, "08007", "the connection died during COMMIT, so nobody knows whether it took effect", false, kPoisons},
    {ErrorCode::internal, "XX000", "an internal error"},
    {ErrorCode::serialization, "40001", "the transaction conflicts with another one", kRetry},
    {ErrorCode::deadlock, "40P01", "a deadlock was found", kRetry},
    {ErrorCode::lock_timeout, "55P03", "a lock was not granted in time", kRetry},
    {ErrorCode::resources, "53300", "the server has too many connections", kRetry},
    {ErrorCode::pool_timeout, "", "no connection became free in time", kRetry},
    {ErrorCode::pool_closed, "", "the pool is closed"},
    {ErrorCode::disk_full, "53100", "the server's disk is full"},
    {ErrorCode::cancelled, "57014", "the statement was cancelled"},
    {ErrorCode::statement_timeout, "57014", "the statement took longer than its time-out"},
    {ErrorCode::constraint, "23000", "a constraint is violated"},
    {ErrorCode::not_null_violation, "23502", "a column that may not be NULL is"},
    {ErrorCode::foreign_key_violation, "23503", "the row that a foreign key points to does not exist"},
    {ErrorCode::unique_violation, "23505", "a row with this key exists already"},
    {ErrorCode::check_violation, "23514", "a check constraint is violated"},
    {ErrorCode::invalid_value, "22000", "a value is not valid for its type"},
    {ErrorCode::syntax, "42601", "the statement is not valid SQL"},
    {ErrorCode::undefined_object, "42P01", "the table does not exist"},
    {ErrorCode::duplicate_object, "42P07", "the table exists already"},
    {ErrorCode::permission, "42501", "the user may not do this"},
    {ErrorCode::read_only, "25006", "the transaction is read-only"},
    {ErrorCode::unsupported, "0A000", "the database can not do this"},
};

}  // namespace

ErrorInfo typical_error(ErrorCode code, std::string message) {
  const auto* const found = std::find_if(std::begin(kTypical), std::end(kTypical), [&](const Typical& t) { return t.code == code; });
  const Typical facts = found == std::end(kTypical) ? Typical{code, "", "an error"} : *found;
  ErrorInfo info;
  info.code = code;
  info.message = message.empty() ? facts.message : std::move(message);
  info.sqlstate = facts.sqlstate;
  info.safe_to_retry = facts.safe_to_retry;
  info.poisons_connection = facts.poisons_connection;
  return info;
}

}  // namespace millrace::testing
