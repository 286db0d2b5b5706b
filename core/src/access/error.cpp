#include "millrace/access/error.hpp"

#include <utility>

namespace millrace {
namespace {

ErrorInfo with_attempts(ErrorInfo info, int attempts) {
  info.message += " (gave up after " + std::to_string(attempts) + " attempts)";
  return info;
}

}  // namespace

RetryError::RetryError(const Error& last, int attempts) : Error(with_attempts(last.info(), attempts)), attempts_(attempts) {}

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
