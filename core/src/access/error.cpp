#include "millrace/access/error.hpp"

#include <utility>

namespace millrace {
namespace {

ErrorInfo with_attempts(ErrorInfo info, int attempts) {
  info.message += " (gave up after " + std::to_string(attempts) + " attempts)";
  return info;
}

template <class E> void rethrow_if(const Error& error, const ErrorInfo& info) {
  if (dynamic_cast<const E*>(&error)) throw E(info);
}

}  // namespace

RetryError::RetryError(const Error& last, int attempts) : Error(with_attempts(last.info(), attempts)), last_(last), attempts_(attempts) {}

void rethrow_as(const Error& error, ErrorInfo info) {
  rethrow_if<DatabaseError>(error, info);
  rethrow_if<ConnectionError>(error, info);
  rethrow_if<InDoubtError>(error, info);
  rethrow_if<PoolError>(error, info);
  rethrow_if<DataError>(error, info);
  rethrow_if<ConfigError>(error, info);
  throw Error(std::move(info));
}

bool is_row_error(const ErrorInfo& info) {
  switch (info.code) {
    case ErrorCode::data: case ErrorCode::constraint: case ErrorCode::unique_violation: case ErrorCode::foreign_key_violation:
    case ErrorCode::not_null_violation: case ErrorCode::check_violation: case ErrorCode::invalid_value:
      return !info.poisons_connection;
    default:
      return false;
  }
}

void throw_error(ErrorInfo info) {
  switch (info.code) {
    case ErrorCode::connection_refused:
    case ErrorCode::connection_lost:
    case ErrorCode::authentication:
    case ErrorCode::server_shutdown:
      throw ConnectionError(std::move(info));
    case ErrorCode::in_doubt:
      throw InDoubtError(std::move(info));
    case ErrorCode::pool_timeout:
    case ErrorCode::pool_full:
    case ErrorCode::pool_closed:
      throw PoolError(std::move(info));
    case ErrorCode::config:
      throw ConfigError(std::move(info));
    case ErrorCode::data:
      throw DataError(std::move(info));
    case ErrorCode::misuse:
    case ErrorCode::io:
    case ErrorCode::internal:
    case ErrorCode::retries_exhausted:
      throw Error(std::move(info));
    default:
      throw DatabaseError(std::move(info));
  }
}

}  // namespace millrace
