#pragma once
// The errors of connections and databases. The root, Error, is in data/data_error.hpp.

#include <string>
#include <string_view>

#include "millrace/data/data_error.hpp"

namespace millrace {

/// Refused, lost, authentication.
class ConnectionError : public Error { public: using Error::Error; };
/// The server said no: constraint, data, syntax, permission, serialization, resources.
class DatabaseError : public Error { public: using Error::Error; };
/// The connection died during COMMIT: the outcome is unknown, and nothing may be retried blindly.
class InDoubtError : public Error { public: using Error::Error; };
/// Attempts exhausted; info() is that of the last error with its message extended by the number of attempts.
class RetryError : public Error {
 public:
  RetryError(const Error& last, int attempts);
  int attempts() const noexcept { return attempts_; }
  const ErrorInfo& last() const noexcept { return last_.info(); }  ///< as it was thrown
 private:
  Error last_;
  int attempts_;
};
/// Acquire timed out (prints the pool's state; safe to retry), pool closed (not).
class PoolError : public Error { public: using Error::Error; };
/// Bad configuration; the message names the key and where it came from.
class ConfigError : public Error {
 public:
  using Error::Error;
  explicit ConfigError(std::string message) : Error(ErrorCode::config, std::move(message)) {}
};

/// What a SQLSTATE means. A backend owns one table of these: exact codes first, then two-character classes; what is
/// not found is `unknown` and not retryable.
struct SqlStateMeaning {
  std::string_view sqlstate;  ///< five characters, or two for a class
  ErrorCode code;
  bool safe_to_retry = false;
  bool poisons_connection = false;
};

/// An error that is some row's fault, so that leaving the row out helps.
bool is_row_error(const ErrorInfo& info);

/// Throws the class that fits info.code. Never returns.
[[noreturn]] void throw_error(ErrorInfo info);
/// Throws an error of the same class as `error`, with other facts. Never returns.
[[noreturn]] void rethrow_as(const Error& error, ErrorInfo info);

}  // namespace millrace
