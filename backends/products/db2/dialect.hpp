#pragma once

#include "products/ansi/dialect.hpp"

namespace millrace::db2 {

/// Db2 for Linux, UNIX and Windows, 11.1 and later. Not run against one: see docs/backends/db2.md.
class Db2Dialect : public ansi::AnsiDialect {
 public:
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<Db2Dialect>(*this); }
  std::string_view name() const override { return "db2"; }
  std::string type_name(const SqlType& type) const override;
  /// COUNT is an INTEGER that overflows (-802), and COUNT_BIG a DECIMAL.
  std::string count_rows() const override { return "CAST(COUNT_BIG(*) AS BIGINT)"; }
  /// @throws ConfigError  the text is no value of the type
  std::string typed_literal(std::string_view text, const SqlType& type) const override;
  /// Texts that differ in trailing blanks are equal to Db2 and differ here. Large objects have no equality: those of up to 32,672 bytes are compared as
  /// VARCHAR or VARBINARY; larger ones, and XML, always differ, so that a merge rewrites their rows but never leaves an old value behind.
  std::string differs(std::string_view left, std::string_view right, const SqlType& type) const override;
  /// EXCLUSIVE, though readers then wait unless they read the committed versions (cur_commit, the default of new databases): two publishers that both hold SHARE
  /// wait for each other as soon as they write, and one of them is rolled back.
  std::vector<std::string> lock_for_publish(const TableInfo& target) const override { return {"LOCK TABLE " + quote(target.name) + " IN EXCLUSIVE MODE"}; }
  std::string savepoint(std::string_view name) const override { return AnsiDialect::savepoint(name) + " ON ROLLBACK RETAIN CURSORS"; }
  /// IF EXISTS is known from 11.5 on.
  std::string drop_table(const TableName& table) const override { return "DROP TABLE " + quote(table); }
  /// The statement that empties a table for a direct reload. It has to be the first of its unit of work (else SQL0428N, SQLSTATE 25001), holds the table until
  /// that one ends, and no rollback brings the rows back.
  std::optional<std::string> irrevocable_truncate(const TableName& table) const override { return "TRUNCATE TABLE " + quote(table) + " IMMEDIATE"; }

 protected:
  int longest_varchar() const override { return 32'672; }
  /// A hexadecimal literal for a column declared as `declared`.
  virtual std::string binary_literal(std::string_view hex, std::string_view declared) const;
};

/// What a column's declared type says of comparing its values.
enum class Comparison : unsigned char {
  exact,        ///< numbers, dates, booleans
  padded,       ///< strings: equal up to trailing blanks
  large_text, large_binary, large_double_byte, long_bits,   ///< not comparable as they are
  none          ///< not at all
};
Comparison comparison_of(std::string_view declared);

/// A condition that is true where two values differ, false where they are equal or both NULL, and never unknown.
/// @param equal  SQL that is true for equal values, and whatever it likes where one is NULL
std::string differs_unless(std::string_view equal, std::string_view left, std::string_view right);

}  // namespace millrace::db2
