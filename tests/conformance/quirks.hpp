#pragma once
// What a backend can not do, or does in its own way. Tests ask the quirks, never the backend's name.

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
  std::pair<std::string, std::string> schema_parameter;  ///< of a ConnectionConfig: does what use_schema does
  std::string create_other_schema;         ///< {}_other, which SQL does not find by itself unless searches_every_schema
  std::string drop_other_schema;
  bool searches_every_schema = false;      ///< an unqualified name is looked up in all schemas

  bool checks_types = true;                ///< a bound or streamed value that is none of its column's type is an error
  bool pads_character = true;              ///< character(n) is filled up with blanks
  bool normalizes_json = true;             ///< json is stored parsed: blanks and the order of keys are not kept
  bool stores_nan = true;                  ///< false: a NaN arrives as NULL
  bool error_aborts_transaction = true;    ///< after an error every statement fails until the rollback, and COMMIT does not commit
  bool writers_wait = true;                ///< two sessions can write at a time
  bool truncate_needs_cascade = true;      ///< truncate without cascade refuses a table that foreign keys point to, even when no row does
  bool names_constraints = true;           ///< a violation carries the constraint's name
  bool names_failing_row = true;           ///< a violation inside a stream carries the row's number

  std::string schema;                      ///< which describe() fills in; empty: the test's own
  std::string endless_query;               ///< runs for minutes
  std::string endless_rows;                ///< its rows come without end
  std::string failing_rows;                ///< fails after some thousand rows
  /// Statements that change a session, and a query that shows it.
  struct Setting { std::string change; std::string shown_by; };
  std::vector<Setting> settings;
  std::string identity_by_default;         ///< type and constraint of an identity column that is the primary key, empty: none
  std::string identity_always;
  std::string generated_stored;            ///< behind "c integer ", computes a + 1
  std::string collate;                     ///< a collation that is not the default, as DDL writes it
  Identity described_identity = Identity::by_default;  ///< what describe() makes of identity_by_default

  /// What describe() makes of a column declared as type_name(kind).
  std::vector<std::pair<TypeKind, TypeKind>> described_as;
  TypeKind described(TypeKind kind) const {
    for (const auto& [declared, found] : described_as) if (declared == kind) return found;
    return kind;
  }
};

extern const Quirks kPostgresqlQuirks;
extern const Quirks kSqlite3Quirks;

}  // namespace millrace::conformance
