#pragma once
// What all statements of one connection share.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli/diagnostics.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"
#include "millrace/data/types.hpp"

namespace millrace::MILLRACE_CLI {

/// How the database behind the interface wants its values, and how far its driver's word goes.
struct Manners {
  bool exact_doubles = true;        ///< SQL_C_DOUBLE arrives bit by bit; false: a text does
  bool stores_nan = true;           ///< false: a NaN is refused, for it would become NULL
  bool stale_row_counts = false;    ///< the row count of a statement that changes no rows is that of an earlier one
  bool binary_arrays = true;        ///< false: rows with binary data are sent one by one
  bool safe_cancel = true;          ///< SQLCancel may be called while another thread is inside the statement
  bool total_row_counts = true;     ///< the row count of an array is that of all its rows, and not of its last
  bool keeps_other_rows = false;    ///< of an array in which rows fail the others are in, as their statuses say
  bool zoned_timestamps = true;     ///< false: no type has a zone, and an instant is stored as UTC's date and time
  bool timeout_attribute = false;   ///< SQL_ATTR_QUERY_TIMEOUT ends a statement; false: the product has a statement of its own for it, or nothing
  bool one_way_cancel = false;      ///< a cancel, or a time-out, ends the session as well
};

/// What the driver says of a result's column.
struct ResultDescription {
  std::string name;
  SQLSMALLINT sql_type = 0;
  SQLULEN size = 0;
  SQLSMALLINT scale = 0;
  std::string type_name;            ///< the product's own: "timestamptz"
};

/// @thread_safety  One thread at a time, except cancel().
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  SQLHDBC handle() const { return handle_; }
  std::string_view backend() const { return backend_; }
  const Manners& manners() const { return manners_; }
  ErrorInfo error_info(ErrorCode code, std::string message) const;

  /// What the last call on a handle failed with, in Millrace's words; the first record is the error.
  /// @param row  0-based: the record about this row of an array, where the driver has one
  ErrorInfo failure(SQLSMALLINT handle_type, SQLHANDLE handle, std::int64_t row = -1) const;
  ErrorInfo failure_of(const std::vector<Diagnostic>& records, std::int64_t row = -1) const;
  [[noreturn]] void throw_failure(SQLSMALLINT handle_type, SQLHANDLE handle) const;
  /// @throws what the handle says, unless the call succeeded
  void check(SQLRETURN code, SQLSMALLINT handle_type, SQLHANDLE handle) const { if (!succeeded(code)) throw_failure(handle_type, handle); }

  /// Ends the statement that is being run, if any. Any thread. False: nothing was running, or nothing could be done.
  bool cancel() noexcept;

  /// Told of errors that pass the connection by: those of its open streams.
  std::function<void(const Error&)> on_error;

  /// Changes whenever a transaction begins or ends: whoever belongs to one can tell that it is gone.
  std::uint64_t transactions() const { return transactions_; }

  /// A transaction for a stream that is one of its own.
  virtual void begin() = 0;
  virtual void commit() = 0;     ///< @throws InDoubtError  the connection died before the answer
  virtual void rollback() = 0;
  bool in_transaction() const { return in_transaction_; }

  /// Of every statement from now on, where timeout_attribute says that there is such a thing; 0: none.
  void set_statement_timeout(std::chrono::milliseconds timeout) { statement_timeout_ = timeout; }
  std::chrono::milliseconds statement_timeout() const { return statement_timeout_; }

  /// The type of a result's column. Many products can be told apart by their own names of types only.
  virtual SqlType result_type(const ResultDescription& column) const = 0;

 protected:
  /// What the product's code means, and whatever else its text tells (the constraint, the column).
  virtual void interpret(const Diagnostic& record, ErrorInfo& info) const = 0;
  void set_in_transaction(bool open) { in_transaction_ = open, ++transactions_; }

  SQLHDBC handle_ = SQL_NULL_HDBC;
  std::string_view backend_;
  Manners manners_;
  Secret password_;

 private:
  friend class Running;
  bool in_transaction_ = false;
  std::uint64_t transactions_ = 0;
  std::chrono::milliseconds statement_timeout_{0};
  std::mutex running_mutex_;
  SQLHSTMT running_ = SQL_NULL_HSTMT;
};

/// Marks a statement as the one that cancel() ends, until the one that was marked before is again.
class Running {
 public:
  Running(Session& session, SQLHSTMT statement);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Session& session_;
  SQLHSTMT before_;
};

}  // namespace millrace::MILLRACE_CLI
