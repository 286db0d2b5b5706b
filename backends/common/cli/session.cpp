#include "common/cli/session.hpp"

#include <algorithm>
#include <utility>

namespace millrace::MILLRACE_CLI {

ErrorInfo Session::error_info(ErrorCode code, std::string message) const {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  info.backend = backend_;
  return info;
}

ErrorInfo Session::failure_of(const std::vector<Diagnostic>& records, std::int64_t row) const {
  if (records.empty()) {
    ErrorInfo info = error_info(ErrorCode::internal, "the driver reported an error and no reason for it");
    info.poisons_connection = true;  // nobody knows where the conversation stands
    return info;
  }
  const auto about_row = std::find_if(records.begin(), records.end(), [&](const Diagnostic& d) { return row >= 0 && d.row == row + 1 && !d.sqlstate.starts_with("01"); });
  const auto error = std::find_if(records.begin(), records.end(), [](const Diagnostic& d) { return !d.sqlstate.starts_with("01"); });
  const Diagnostic& record = about_row != records.end() ? *about_row : error != records.end() ? *error : records.front();
  ErrorInfo info = error_info(ErrorCode::unknown, record.message);
  info.sqlstate = record.sqlstate;
  info.native_code = record.native;
  info.row = row;
  interpret(record, info);
  info.message = password_.scrub(std::move(info.message));
  return info;
}

ErrorInfo Session::failure(SQLSMALLINT handle_type, SQLHANDLE handle, std::int64_t row) const { return failure_of(read_diagnostics(handle_type, handle), row); }

void Session::throw_failure(SQLSMALLINT handle_type, SQLHANDLE handle) const { throw_error(failure(handle_type, handle)); }

// The lock is held over the call, or the statement might be freed under it.
bool Session::cancel() noexcept {
  const std::lock_guard lock(running_mutex_);
  return running_ != SQL_NULL_HSTMT && manners_.safe_cancel && succeeded(SQLCancel(running_));
}

Running::Running(Session& session, SQLHSTMT statement) : session_(session) {
  const std::lock_guard lock(session_.running_mutex_);
  before_ = std::exchange(session_.running_, statement);
}

Running::~Running() {
  const std::lock_guard lock(session_.running_mutex_);
  session_.running_ = before_;
}

}  // namespace millrace::MILLRACE_CLI
