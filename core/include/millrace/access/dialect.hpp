#pragma once
// What a database's SQL looks like. The interface is here, the texts are in the backends.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/data/types.hpp"
#include "millrace/data/value.hpp"

namespace millrace {

/// A column that the load fills itself: `--set COLUMN=VALUE`.
struct SetClause {
  std::string column;
  std::string expression;   ///< SQL: a quoted literal or the dialect's now_expression()
  bool on_insert = true;
  bool on_update = true;
};

/// Staged rows: a table, the condition that picks one run's rows (empty for a table per run), the column that orders them.
struct StagedRows {
  TableName table;
  std::string filter;        ///< SQL over unqualified staging columns, e.g. `"run_id" = 'x'`; empty = all rows
  std::string src_row;       ///< name of the SRC_ROW column
};

/// Everything that a merge, an insert or a replacement of a table from staging depends on.
struct PublishSpec {
  TableInfo target;
  StagedRows staged;
  std::vector<std::string> columns;   ///< loaded columns, in the target and in staging
  std::vector<std::string> key;       ///< merge only
  std::vector<SetClause> sets;
  bool duplicate_keys = true;         ///< merge: staging may hold several rows of one key; the highest SRC_ROW wins
};

enum class ReloadKind : unsigned char { swap, direct, delete_rows };

/// What a statement's affected rows count as.
enum class StatementRole : unsigned char { prepare, insert, update, merge, remove };
struct PublishStatement { StatementRole role; std::string sql; };

struct StagingTable {
  TableName name;
  std::vector<ColumnInfo> columns;   ///< the loaded columns: type and collation count, nothing else
  std::string src_row;               ///< name of the SRC_ROW column of a table per run
  bool permanent = false;            ///< with STG_ID, RUN_ID, WORKER_ID, SRC_ROW, INSERT_TS and an index on (RUN_ID, key)
  std::vector<std::string> key;
  /// Names of a permanent table's own columns, folded as the database does.
  struct OwnNames { std::string stg_id, run_id, worker_id, src_row, insert_ts; } own_names;
};

/// @thread_safety  Immutable; any thread.
class Dialect {
 public:
  virtual ~Dialect() = default;
  /// A copy, for those who outlive the connection that it belongs to.
  virtual std::unique_ptr<Dialect> clone() const = 0;

  virtual std::string_view name() const = 0;                         ///< "postgresql", "sqlite3"
  // Names
  std::string quote(std::string_view identifier) const;              ///< always quoted; @throws Error{config} on NUL or empty
  std::string quote(const TableName& table) const;
  std::string quote_list(const std::vector<std::string>& identifiers, std::string_view prefix = {}) const;  ///< `p."a", p."b"`
  virtual std::string fold(std::string_view unquoted) const = 0;     ///< as the database stores an unquoted name
  virtual std::size_t max_identifier_bytes() const = 0;
  /// `schema.table`, `"Schema"."Ta""ble"`: unquoted parts fold, quoted parts are verbatim. @throws ConfigError
  TableName parse_table(std::string_view text) const;
  /// One identifier the same way.
  std::string parse_identifier(std::string_view text) const;
  /// `base` + `suffix`, base cut on a character boundary so that the whole fits max_identifier_bytes().
  std::string limited_name(std::string_view base, std::string_view suffix) const;

  // Pieces of SQL
  virtual std::string placeholder(std::size_t index) const = 0;      ///< index counts from 1: "$1", "?1"
  std::string string_literal(std::string_view text) const;           ///< standard SQL: quotes doubled; @throws Error{config} on NUL
  virtual std::string type_name(const SqlType& type) const = 0;      ///< for DDL
  /// The type of a column that is made for values like those of a file.
  /// @param inferred  of text the length is that of the longest value seen, in bytes, and longer ones may come
  virtual SqlType created_type(const SqlType& inferred) const;
  /// A literal of the given type: a plain string where the database coerces it by itself.
  virtual std::string typed_literal(std::string_view text, const SqlType& type) const { (void)type; return string_literal(text); }
  virtual std::string count_rows() const { return "COUNT(*)"; }      ///< aggregate: the number of rows, as an integer of 64 bits; 0 over none
  virtual std::string now_expression() const = 0;                    ///< the transaction's time, as timestamp
  /// SQL whose value is the exact sum of a column (integer or fixed decimal) as plain digits in text; NULL over no rows. Empty: this database has
  /// no exact sum, and the column has no control total.
  virtual std::string sum_expression(std::string_view column, const SqlType& type) const = 0;
  /// Not null-safe equality made null-safe and usable for every type (json compares as text).
  virtual std::string differs(std::string_view left, std::string_view right, const SqlType& type) const = 0;

  // Savepoints; a release may be empty.
  virtual std::string savepoint(std::string_view name) const { return "SAVEPOINT " + quote(name); }
  virtual std::string release_savepoint(std::string_view name) const { return "RELEASE SAVEPOINT " + quote(name); }
  virtual std::string rollback_to_savepoint(std::string_view name) const { return "ROLLBACK TO SAVEPOINT " + quote(name); }

  // Whole statements
  virtual std::vector<std::string> create_staging(const StagingTable& table) const = 0;
  virtual std::vector<std::string> analyze(const TableName& table) const = 0;     ///< may be empty
  virtual std::string drop_table(const TableName& table) const;                   ///< IF EXISTS, where the database knows that
  /// Keeps other writers off the target until the transaction ends; readers go on, where the database has such a lock. May be empty.
  virtual std::vector<std::string> lock_for_publish(const TableInfo& target) const = 0;
  virtual std::vector<PublishStatement> merge(const PublishSpec& spec) const = 0;
  virtual std::vector<PublishStatement> insert(const PublishSpec& spec) const = 0;
  /// TRUNCATE (or what the database has) or DELETE, then insert. `remove` statements whose affected rows are unknown to the server
  /// (TRUNCATE) report 0: the loader counts before.
  virtual std::vector<PublishStatement> replace(const PublishSpec& spec, ReloadKind kind, bool cascade) const = 0;
  /// A TRUNCATE that no rollback takes back, and that has to be the first statement of its transaction: a direct reload begins with it where the database has
  /// no other. nullopt: Connection::truncate() is transactional.
  virtual std::optional<std::string> irrevocable_truncate(const TableName& table) const { (void)table; return std::nullopt; }
  /// A query that returns two numbers, rows inserted and rows updated in the target by this transaction so far; nothing
  /// where the affected rows of the statements tell already.
  virtual std::optional<std::string> change_counters(const TableInfo& target) const = 0;
  /// A query that returns the two numbers (to insert, to update) of the merge that is about to run under the lock.
  virtual std::string counting_join(const PublishSpec& spec) const = 0;
  /// A query that returns (first_src_row, rows) for each ledger range of a run that has staged rows. `ledger_ranges` is a
  /// SELECT of one column, first_src_row. Rows before the first range count under NULL or are left out.
  virtual std::string count_by_range(const StagedRows& staged, std::string_view ledger_ranges) const = 0;
  /// Serializes the creation of Millrace's own tables for the rest of the transaction; empty where the database needs none.
  virtual std::string advisory_lock(std::string_view purpose) const = 0;
  /// GRANT statements that let `grantee` use a table; empty where the database has no rights.
  virtual std::vector<std::string> grant_use(const TableName& table, std::string_view grantee) const = 0;
};

}  // namespace millrace
