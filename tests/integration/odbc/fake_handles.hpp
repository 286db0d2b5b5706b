#pragma once
// The inside of the fake driver: its databases, and what its handles point at.

#include <sql.h>
#include <sqlext.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/odbc/fake_driver.hpp"

#define FAKE_ODBC_API extern "C" __attribute__((visibility("default")))

namespace millrace::fake_odbc {

/// A diagnostic record, thrown where it ends a call.
struct Record {
  std::string sqlstate, message;
  SQLLEN row = SQL_NO_ROW_NUMBER;
};

using Text = std::optional<std::string>;
using Rows = std::map<std::int64_t, Text>;

struct Database {
  Rows rows;
  FakeOdbcStatistics statistics{};
};

/// Made when it is first asked for.
Database& database(const std::string& name);

/// Rows of one connection that nobody else sees.
class Transaction {
 public:
  /// @throws Record  23502, 23505, 22001
  void insert(const Database& base, std::optional<std::int64_t> id, Text value, std::size_t most_bytes);
  void commit(Database& base);
  void rollback() { *this = {}; }
  void savepoint(std::string name) { savepoints_.emplace_back(std::move(name), rows_); }
  void rollback_to(const std::string& name);   ///< @throws Record  3B001: no such savepoint
  void release(const std::string& name);       ///< @throws Record  3B001
  Rows visible(const Database& base) const;
  const Rows& rows() const { return rows_; }
  void put_back(Rows rows) { rows_ = std::move(rows); }

 private:
  std::size_t find(const std::string& name) const;

  Rows rows_;
  std::vector<std::pair<std::string, Rows>> savepoints_;
};

struct Handle {
  virtual ~Handle() = default;
  std::vector<Record> records;   // of the last call
};

struct Environment final : Handle {};

struct Connection final : Handle {
  bool behaves(std::string_view behaviour) const { return behaviours.contains(behaviour); }
  void check_alive() const { if (dead) throw Record{"08S01", "[Fake][Driver]the server has closed the connection"}; }
  [[noreturn]] void die();

  Database* base = nullptr;      // nullptr: not connected
  std::set<std::string, std::less<>> behaviours;
  std::size_t after = 0;         // After=
  std::size_t length = 200;      // Length=
  std::size_t inserted = 0;      // rows, in its lifetime
  bool auto_commit = true;
  bool dead = false;
  Transaction transaction;
};

struct Parameter {
  SQLSMALLINT c_type = 0;
  const char* values = nullptr;
  SQLLEN width = 0;
  const SQLLEN* lengths = nullptr;
};

struct ResultColumn {
  std::string name;
  SQLSMALLINT sql_type = SQL_VARCHAR;
  SQLULEN size = 128;
};

struct Statement final : Handle {
  explicit Statement(Connection& owner) : connection(owner) {}
  void close();
  void answer(std::vector<ResultColumn> its_columns, std::vector<std::vector<Text>> its_rows);

  Connection& connection;
  std::string sql;
  std::array<Parameter, 2> parameters;   // of the one INSERT that there is
  SQLULEN array_size = 1;
  SQLUSMALLINT* statuses = nullptr;
  SQLULEN* processed = nullptr;
  SQLLEN row_count = -1;
  std::vector<ResultColumn> columns;
  std::vector<std::vector<Text>> rows;
  std::size_t next = 0;                  // row to fetch
  std::vector<std::size_t> taken;        // bytes of the current row's texts that SQLGetData has handed out; kAllTaken behind the last
};

inline constexpr std::size_t kAllTaken = ~std::size_t{0};

/// Runs statement.sql. @throws Record
SQLRETURN execute(Statement& statement);

/// Runs the body of an ODBC function: a record that it throws is its failure.
template <class H, class F> SQLRETURN call(SQLHANDLE handle, F&& body) {
  auto* const object = static_cast<H*>(static_cast<Handle*>(handle));
  object->records.clear();
  try {
    return body(*object);
  } catch (Record& record) {
    object->records.push_back(std::move(record));
    return SQL_ERROR;
  }
}

/// Writes a text as ODBC hands texts out: cut where there is no room, with its whole length. @return whether it was cut
template <class Length> bool hand_out(std::string_view text, void* to, Length room, Length* length) {
  if (length) *length = static_cast<Length>(text.size());
  if (!to || room <= 0) return false;
  const std::size_t bytes = text.copy(static_cast<char*>(to), static_cast<std::size_t>(room) - 1);
  static_cast<char*>(to)[bytes] = '\0';
  return bytes < text.size();
}

/// A text argument, whose length may be SQL_NTS.
inline std::string argument(const SQLCHAR* text, SQLINTEGER length) {
  if (!text) return {};
  const auto* const chars = reinterpret_cast<const char*>(text);
  return length == SQL_NTS ? std::string(chars) : std::string(chars, static_cast<std::size_t>(length));
}

}  // namespace millrace::fake_odbc
