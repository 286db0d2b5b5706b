#pragma once
// What is behind the three kinds of handles, and how a call enters them.

#include <atomic>
#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db2/cli/connect_keywords.hpp"
#include "db2/cli/conversions.hpp"
#include "db2/cli/handle_table.hpp"
#include "db2/cli/parameters.hpp"
#include "db2/cli/sql_text.hpp"
#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

class StatementHandle;
class ConnectionHandle;

class EnvironmentHandle final : public Handle {
 public:
  static constexpr SQLSMALLINT kType = SQL_HANDLE_ENV;
  EnvironmentHandle() : Handle(kType) {}
  std::mutex& mutex() { return mutex_; }

  std::vector<SQLHANDLE> connections;   // under mutex()

 private:
  std::mutex mutex_;
};

/// A connection, and its transaction.
class ConnectionHandle final : public Handle {
 public:
  static constexpr SQLSMALLINT kType = SQL_HANDLE_DBC;
  explicit ConnectionHandle(std::shared_ptr<EnvironmentHandle> environment) : Handle(kType), environment_(std::move(environment)) {}
  /// Of the connection and of its statements: two threads that use them take turns.
  std::mutex& mutex() { return mutex_; }

  void connect(const ConnectKeywords& keywords);   ///< @throws drda::Failure, CallError
  /// @return its statements, whose handles are none any more: to be let go of outside of mutex()
  std::vector<std::shared_ptr<Handle>> disconnect();
  bool connected() const { return client_ != nullptr; }
  bool dead() const { return client_ != nullptr && !client_->is_open(); }
  drda::Client& client() const;                    ///< @throws CallError{08003}  not connected
  const ConnectKeywords& keywords() const { return keywords_; }
  EnvironmentHandle& environment() const { return *environment_; }

  bool autocommit() const { return autocommit_; }
  void set_autocommit(bool on);                    ///< turning it on ends the transaction by a COMMIT, as the interface has it
  void commit(std::chrono::milliseconds timeout = {});
  void rollback();
  /// Told of a statement that was run: outside of a transaction this is its end.
  void statement_done(bool succeeded, std::chrono::milliseconds timeout = {});
  bool in_transaction() const { return in_transaction_; }
  /// A failure after which the server has rolled back by itself.
  bool ends_transaction(const drda::Sqlca& sqlca) const;
  void note_failure(const drda::Sqlca& sqlca);

  // Before the connection is made, or outside of a transaction. @throws CallError{HY011}
  void set_isolation(const std::string& name);
  void set_schema(const std::string& name);        ///< exactly as it is spelled
  void set_answer_timeout(std::chrono::milliseconds timeout);
  std::chrono::milliseconds answer_timeout() const { return answer_timeout_; }

  /// Ends what another thread waits for; does nothing while nobody waits. Any thread.
  bool cancel() noexcept;                           ///< false: no call waits, so that nothing was done

  std::vector<StatementHandle*> statements;        // under mutex()
  std::vector<SQLHANDLE> statement_numbers;        // likewise
  std::chrono::milliseconds login_timeout{0};      // 0: not set
  unsigned isolation = SQL_TXN_READ_COMMITTED;

 private:
  friend class Waiting;
  void close_cursors() noexcept;
  void commit_statement(std::chrono::milliseconds timeout);
  void set_register(const std::string& sql);
  std::shared_ptr<EnvironmentHandle> environment_;
  std::mutex mutex_;
  std::unique_ptr<drda::Client> client_;
  ConnectKeywords keywords_;
  std::chrono::milliseconds answer_timeout_{0};
  bool autocommit_ = true;
  bool in_transaction_ = false;                    // something was run since the last COMMIT or ROLLBACK
  std::mutex waiting_mutex_;                       // of what follows: the client can be aborted while a call waits, and at no other time
  drda::Client* waited_for_ = nullptr;
};

/// While it lives the connection's client may be aborted by cancel(), and has the statement's time-out.
class Waiting {
 public:
  explicit Waiting(ConnectionHandle& connection, std::chrono::milliseconds timeout = {});
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  drda::Client& client() const { return client_; }

 private:
  ConnectionHandle& connection_;
  drda::Client& client_;
  bool own_timeout_;
};

class StatementHandle final : public Handle {
 public:
  static constexpr SQLSMALLINT kType = SQL_HANDLE_STMT;
  explicit StatementHandle(std::shared_ptr<ConnectionHandle> connection);   ///< under its mutex(), which the destructor locks
  ~StatementHandle() override;
  std::mutex& mutex() { return connection_->mutex(); }
  ConnectionHandle& connection() const { return *connection_; }

  void prepare(std::string_view sql);
  drda::Statement& prepared() const;               ///< @throws CallError{HY010}
  bool is_prepared() const { return prepared_ != nullptr; }
  const std::vector<drda::Column>& columns() const;
  /// Column `number`, from 1. @throws CallError{07009}
  const drda::Column& column(SQLUSMALLINT number) const;

  enum class Cursor : std::uint8_t { none, open, lost };   // lost: by the end of its transaction
  Cursor cursor = Cursor::none;
  bool on_row = false;
  bool ended = false;                              // a query that was read to its end
  // A cancel between two fetches ends the next one: by other threads than the statement's.
  std::atomic<bool> reading{false}, cancelled{false};
  void close_cursor();                             ///< outside of a transaction this is the query's end
  void lose_cursor() noexcept;
  void forget() noexcept;                          ///< what is prepared, before the client goes

  // How it is to be run.
  SqlText text;
  std::vector<BoundParameter> parameters;
  SQLUINTEGER parameter_sets = 1;
  SQLUSMALLINT* statuses = nullptr;
  SQLULEN* sets_processed = nullptr;
  bool atomic = true;
  std::chrono::seconds timeout{0};
  ParameterRows rows;
  drda::FillRow fill;                              // hands `rows` to the client

  // What came of it.
  std::int64_t row_count = -1;
  std::vector<Target> bound_columns;
  SQLUINTEGER rowset = 1;
  SQLULEN* rows_fetched = nullptr;
  SQLUSMALLINT* row_statuses = nullptr;
  SQLUSMALLINT piece_column = 0;                   // that SQLGetData reads in pieces, and how far it is
  std::size_t piece_offset = 0;

 private:
  std::shared_ptr<ConnectionHandle> connection_;
  std::unique_ptr<drda::Statement> prepared_;
};

/// Runs a call's body on a handle of the type H: alone on its connection, with empty diagnostics, exceptions as diagnostics.
template <class H, class F> SQLRETURN enter(SQLHANDLE number, F&& body) noexcept {
  const auto handle = std::static_pointer_cast<H>(handle_table::find(number, H::kType));
  if (handle == nullptr) return SQL_INVALID_HANDLE;
  const std::lock_guard lock(handle->mutex());
  try {
    handle->diagnostics.clear();
    try {
      return static_cast<SQLRETURN>(body(*handle));
    } catch (const drda::Failure& failure) {
      handle->diagnostics.add(failure.sqlca());
    } catch (const CallError& error) {
      handle->diagnostics.add(error);
    } catch (const std::bad_alloc&) {
      handle->diagnostics.add("HY001", kNoNativeCode, "out of memory");
    } catch (const std::exception& error) {
      handle->diagnostics.add("HY000", kNoNativeCode, error.what());
    }
  } catch (...) {   // no memory for a diagnostic either
  }
  return SQL_ERROR;
}

/// A text argument with its length, or with SQL_NTS. @throws CallError{HY009, HY090}
std::string_view text_argument(const SQLCHAR* text, SQLINTEGER length);

/// An integer that came as a pointer: 32 bits of it, for those above are whatever they are.
inline SQLUINTEGER number_argument(SQLPOINTER value) { return static_cast<SQLUINTEGER>(reinterpret_cast<std::uintptr_t>(value)); }

}  // namespace millrace::db2::cli
