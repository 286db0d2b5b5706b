#include "common/cli/statement.hpp"

#include <algorithm>

namespace millrace::MILLRACE_CLI {
namespace {

constexpr std::size_t kFirstBuffer = 4096;

SQLCHAR* text_argument(std::string_view text) { return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.data())); }

}  // namespace

Statement::Statement(Session& session) : session_(session), buffer_(kFirstBuffer, '\0') {
  session_.check(SQLAllocHandle(SQL_HANDLE_STMT, session_.handle(), &handle_), SQL_HANDLE_DBC, session_.handle());
  if (session_.manners().timeout_attribute) set_timeout(session_.statement_timeout());
}

void Statement::set_timeout(std::chrono::milliseconds timeout) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout).count();
  SQLSetStmtAttr(handle_, SQL_ATTR_QUERY_TIMEOUT, as_pointer(static_cast<std::size_t>(seconds)), SQL_IS_UINTEGER);
}

Statement::~Statement() { SQLFreeHandle(SQL_HANDLE_STMT, handle_); }

void Statement::prepare(std::string_view sql) { check(SQLPrepare(handle_, text_argument(sql), static_cast<SQLINTEGER>(sql.size()))); }

void Statement::run(const std::string& sql, const std::vector<Value>& values) {
  parameters_ = std::make_unique<Parameters>(session_, values);
  parameters_->bind(handle_);
  const Running running(session_, handle_);
  const SQLRETURN code = SQLExecDirect(handle_, text_argument(sql), static_cast<SQLINTEGER>(sql.size()));
  if (code != SQL_NO_DATA) check(code);  // a statement that changed no row
}

int Statement::columns() const {
  SQLSMALLINT count = 0;
  check(SQLNumResultCols(handle_, &count));
  return count;
}

std::int64_t Statement::row_count() const {
  SQLLEN count = -1;
  return succeeded(SQLRowCount(handle_, &count)) ? static_cast<std::int64_t>(count) : -1;
}

bool Statement::fetch() {
  const Running running(session_, handle_);
  const SQLRETURN code = SQLFetch(handle_);
  if (code == SQL_NO_DATA) return false;
  check(code);
  return true;
}

// Drivers tell the whole length, or nothing at all (SQL_NO_TOTAL); a text piece ends with a zero that is not counted.
std::optional<std::string_view> Statement::read(int column, SQLSMALLINT c_type) {
  const std::size_t terminator = c_type == SQL_C_CHAR ? 1 : 0;
  std::size_t filled = 0;
  for (;;) {
    const std::size_t room = buffer_.size() - filled;
    SQLLEN length = 0;
    const SQLRETURN code = SQLGetData(handle_, static_cast<SQLUSMALLINT>(column + 1), c_type, buffer_.data() + filled, static_cast<SQLLEN>(room), &length);
    if (code == SQL_NO_DATA) break;
    check(code);
    if (length == SQL_NULL_DATA) return std::nullopt;
    const bool known = length != SQL_NO_TOTAL;
    if (known && static_cast<std::size_t>(length) + terminator <= room) {
      filled += static_cast<std::size_t>(length);
      break;
    }
    filled += room - terminator;
    const std::size_t rest = known ? static_cast<std::size_t>(length) - (room - terminator) + terminator : buffer_.size();
    buffer_.resize(std::max(filled + rest, buffer_.size() + kFirstBuffer));
  }
  return std::string_view(buffer_).substr(0, filled);
}

void Statement::close() noexcept { SQLFreeStmt(handle_, SQL_CLOSE); }

}  // namespace millrace::MILLRACE_CLI
