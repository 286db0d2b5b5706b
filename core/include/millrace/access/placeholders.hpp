#pragma once
// Translating `?` and `:name` into a database's own placeholders.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/connection.hpp"

namespace millrace {

struct BoundStatement {
  std::string sql;
  std::vector<Value> values;  ///< in the order of the database's placeholders 1, 2, ...
};

/// Untouched: string literals (with E'' and U&'' forms), quoted names, line and nested block comments, dollar quotes, `::casts`, `:=`, array slices of
/// numbers. `??` becomes a plain `?`.
/// @throws Error{misuse}  number of values differs from the placeholders, a name without a value, a value without a use, both styles in one statement
BoundStatement translate_placeholders(std::string_view sql, const Params& params, const Dialect& dialect);

}  // namespace millrace
