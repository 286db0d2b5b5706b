#pragma once
// A table as a caller names it: text as people write it, or a name that is resolved already.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/access/dialect.hpp"
#include "millrace/data/types.hpp"

namespace millrace {

/// Text is read by the dialect: `trades`, `ods.trades`, `"Ods"."Daily trades"`; unquoted parts fold as the database folds them. The parts of
/// a TableName are taken verbatim.
class TableRef {
 public:
  TableRef(const char* text) : text_(text) {}
  TableRef(std::string_view text) : text_(text) {}
  TableRef(std::string text) : text_(std::move(text)) {}
  TableRef(TableName name) : name_(std::move(name)) {}
  /// @throws ConfigError  the text is no table's name
  TableName resolve(const Dialect& dialect) const { return name_ ? *name_ : dialect.parse_table(text_); }

 private:
  std::string text_;
  std::optional<TableName> name_;
};

}  // namespace millrace
