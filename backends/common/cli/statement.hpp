#pragma once
// A statement handle and what is asked of it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli/parameters.hpp"
#include "common/cli/session.hpp"

namespace millrace::MILLRACE_CLI {

/// @thread_safety  One thread at a time; Session::cancel() ends what runs.
class Statement {
 public:
  explicit Statement(Session& session);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  SQLHSTMT handle() const { return handle_; }
  /// By SQL_ATTR_QUERY_TIMEOUT, in whole seconds, rounded up; 0: none. A new statement has its session's.
  void set_timeout(std::chrono::milliseconds timeout);
  void prepare(std::string_view sql);
  /// Runs a text, with values for its markers. @throws what the driver says
  void run(const std::string& sql, const std::vector<Value>& values = {});
  void check(SQLRETURN code) const { session_.check(code, SQL_HANDLE_STMT, handle_); }

  int columns() const;               ///< of the result; 0: the statement has none
  std::int64_t row_count() const;    ///< -1: not known
  bool fetch();                      ///< the next row; false behind the last
  /// A column of the current row, whole, however long; nullopt for NULL. Columns count from 0 and are read in their order.
  /// The text lives until the next call.
  std::optional<std::string_view> read(int column, SQLSMALLINT c_type);
  void close() noexcept;             ///< lets go of the result

 private:
  Session& session_;
  SQLHSTMT handle_ = SQL_NULL_HSTMT;
  std::unique_ptr<Parameters> parameters_;
  std::string buffer_;
};

}  // namespace millrace::MILLRACE_CLI
