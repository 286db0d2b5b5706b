#pragma once
// What a backend can not do, or does in its own way. Tests ask the quirks, never the backend's name.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/data/types.hpp"

namespace millrace::conformance {

struct Quirks {
  /// Run on each new session, with {} replaced by the test's own schema; empty where a database is a file of the test's own.
  std::string create_schema;
  std::string use_schema;
  std::string drop_schema;
  std::string drops_of_schema;             ///< a query of the statements that empty it, where drop_schema does not, as words, a name, words and a name or NULL
  struct Parameter { std::string key, value, separator = " "; };
  Parameter schema_parameter;              ///< of a ConnectionConfig: does what use_schema does, and alone where that is empty; put behind what is there
  std::string create_other_schema;         ///< {}_other, which SQL does not find by itself unless searches_every_schema
  std::string drop_other_schema;
  std::string from_nowhere;                ///< behind a SELECT that needs no table
  bool searches_every_schema = false;      ///< an unqualified name is looked up in all schemas

  bool checks_types = true;                ///< a bound or streamed value that is none of its column's type is an error
  bool pads_character = true;              ///< character(n) is filled up with blanks
  bool normalizes_json = true;             ///< json is stored parsed: blanks and the order of keys are not kept
  bool stores_nan = true;                  ///< false: a NaN arrives as NULL
  bool knows_nan_before_connecting = true; ///< the driver's traits say so; else only its writers do
  bool stores_infinities = true;
  bool stores_fractions_of_seconds = true; ///< in a time of day
  bool blanks_count = true;                ///< false: texts that differ in trailing blanks are equal
  bool counts_characters = true;           ///< the length of a character type; false: UTF-16 units
  int decimal_digits = 38;                 ///< of the longest decimal
  int reads_real_digits = 17;              ///< of a real that a query returns
  bool one_now = true;                     ///< the dialect's `now` is the transaction's, not each statement's
  bool marks_in_comments = false;          ///< the driver takes a question mark in a comment for a placeholder
  bool trims_decimals = false;             ///< 12.50 comes back as 12.5
  bool error_aborts_transaction = true;    ///< after an error every statement fails until the rollback, and COMMIT does not commit
  bool readers_lock = false;               ///< readers and writers wait for each other's rows: there are no snapshots
  bool nested_savepoints = true;           ///< else a transaction has one at a time
  bool begins_by_sql = true;               ///< BEGIN is a statement
  bool survives_cancel = true;             ///< a statement that is cancelled or times out leaves its session usable; else the session is lost
  bool partial_indexes = true;             ///< and indexes of expressions
  bool drops_the_missing = true;           ///< the dialect's DROP TABLE succeeds where there is no table
  bool writes_identity_always = true;      ///< the dialect can write a column that is GENERATED ALWAYS AS IDENTITY
  bool writers_wait = true;                ///< two sessions can write at a time
  bool truncate_needs_cascade = true;      ///< truncate without cascade refuses a table that foreign keys point to, even when no row does
  bool names_constraints = true;           ///< a violation carries the constraint's name
  bool names_failing_row = true;           ///< a violation inside a stream carries the row's number

  // What a backend lacks, each with the reason that its tests' skips print; empty: it has it.
  std::string lacks_streaming;             ///< a query's first rows come while the others are still being made
  std::string lacks_cancel;                ///< cancel() ends the running statement
  std::string lacks_statement_timeout;
  std::string lacks_read_only;             ///< transactions that refuse to write
  std::string lacks_end_of_day;            ///< the time 24:00:00
  std::string lacks_exact_sums;
  std::string lacks_collations;            ///< described
  std::string lacks_result_types;          ///< the types of a result's columns, with their parameters
  std::string lacks_session_reset;         ///< of settings; the open transaction is rolled back everywhere

  std::string_view backend;                ///< of errors and of the native handle
  std::string schema;                      ///< which describe() fills in; empty: the test's own
  std::string endless_query;               ///< runs for many seconds
  std::string endless_rows;                ///< its rows come without end; where the client takes them all first, they are many
  std::string failing_rows;                ///< fails at its row 5000
  std::size_t rows_before_failure = 4000;  ///< that come of it in whole batches of 1000
  /// Rows (a, b) = (1, 'x') to ({}, 'x').
  std::string numbers = "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < {}) SELECT a, 'x' AS b FROM n";
  std::string timeout_sqlstate = "57014";
  /// Statements that change a session, and a query that shows it.
  struct Setting { std::string change; std::string shown_by; };
  std::vector<Setting> settings;
  std::string identity_by_default;         ///< type and constraint of an identity column that is the primary key, empty: none
  std::string identity_always;
  std::string generated_stored;            ///< behind "c integer ", computes a + 1
  std::string collate;                     ///< a collation that is not the default, as DDL writes it
  Identity described_identity = Identity::by_default;  ///< what describe() makes of identity_by_default

  std::vector<TypeKind> without_equality = {TypeKind::json};
  bool has_equality(TypeKind kind) const { return std::find(without_equality.begin(), without_equality.end(), kind) == without_equality.end(); }

  /// What describe() makes of a column declared as type_name(type), where it is another one.
  std::vector<std::pair<SqlType, SqlType>> described_as;
  SqlType described(const SqlType& type) const {
    for (const auto& [declared, found] : described_as) if (declared == type) return found;
    return type;
  }
};

extern const Quirks kPostgresqlQuirks;
extern const Quirks kSqlite3Quirks;
extern const Quirks kOdbcPostgresqlQuirks;
extern const Quirks kOdbcSqlite3Quirks;
extern const Quirks kDerbyQuirks;          // and of a Db2, until one has shown others

}  // namespace millrace::conformance
