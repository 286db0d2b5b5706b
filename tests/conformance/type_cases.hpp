#pragma once
// Types and values, extremes included, that every backend must carry unharmed.

#include <string>
#include <vector>

#include "conformance/quirks.hpp"
#include "millrace/data/types.hpp"
#include "millrace/data/value.hpp"

namespace millrace::conformance {

struct TypeCase {
  SqlType type;
  std::vector<Value> values;
};

std::vector<TypeCase> type_cases(const Quirks& quirks);

/// How a value of a type comes back from this backend.
Value expected(const Value& stored, const SqlType& type, const Quirks& quirks);

/// Text with every control character but NUL, all quoting characters, and characters of two, three and four bytes.
std::string hostile_text();

}  // namespace millrace::conformance
