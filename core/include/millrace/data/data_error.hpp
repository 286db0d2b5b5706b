#pragma once
// The root of all of Millrace's exceptions lives here, in the lowest room, so that data can throw it; what connections
// add to it is in access/error.hpp.

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace millrace {

/// What went wrong, in one word that programs may rely on. Stable: codes are added, never renamed.
enum class ErrorCode : std::uint8_t {
  unknown, misuse, config, data,
  connection_refused, connection_lost, authentication,
  constraint, unique_violation, foreign_key_violation, not_null_violation, check_violation,
  invalid_value, syntax, undefined_object, duplicate_object, permission,
  serialization, deadlock, lock_timeout, resources, disk_full, read_only, unsupported,
  cancelled, statement_timeout, server_shutdown, in_doubt,
  pool_timeout, pool_full, pool_closed, retries_exhausted, io, internal
};
std::string_view to_string(ErrorCode code);

/// The facts of an error. Shared between copies, so exceptions are cheap to copy and copying never throws.
struct ErrorInfo {
  ErrorCode code = ErrorCode::unknown;
  std::string message;        ///< one sentence: what, where, what to do
  std::string sqlstate;       ///< five characters, or empty
  std::int64_t native_code = 0;
  std::string statement;      ///< the SQL at hand, shortened; never bound values
  std::string backend;        ///< "postgresql", "sqlite3", or empty
  std::string detail;         ///< the server's DETAIL
  std::string context;        ///< the server's CONTEXT ("COPY t, line 3, column a: ...")
  std::string constraint;     ///< the violated constraint's name
  std::string column;         ///< the column at fault
  std::int64_t row = -1;      ///< 0-based row of the batch or COPY stream at fault; -1 = not known
  bool poisons_connection = false;
  bool safe_to_retry = false;
};

/// The one root of everything Millrace throws.
class Error : public std::exception {
 public:
  explicit Error(ErrorInfo info);
  Error(ErrorCode code, std::string message);
  const char* what() const noexcept override;
  const ErrorInfo& info() const noexcept { return *info_; }
  ErrorCode code() const noexcept { return info_->code; }
  const std::string& sqlstate() const noexcept { return info_->sqlstate; }
  std::int64_t native_code() const noexcept { return info_->native_code; }
  const std::string& statement() const noexcept { return info_->statement; }
  const std::string& backend() const noexcept { return info_->backend; }
  /// The connection can not be used any more: discard it.
  bool poisons_connection() const noexcept { return info_->poisons_connection; }
  /// The same unit of work, run again from its start, may succeed, and running it again can not do harm.
  bool safe_to_retry() const noexcept { return info_->safe_to_retry; }

 private:
  std::shared_ptr<const ErrorInfo> info_;
};

/// Bad input: source, record and column are in the message, the row in info().row where one is known.
class DataError : public Error {
 public:
  using Error::Error;
  explicit DataError(std::string message) : Error(ErrorCode::data, std::move(message)) {}
};

}  // namespace millrace
