#pragma once
// millrace_exact_sum(value, scale): an aggregate that adds integers and decimals without rounding.

#include <sqlite3.h>

#include "products/sqlite3/functions.hpp"

namespace millrace::sqlite {

/// The sum comes as plain digits with `scale` decimals in text, or NULL over no values. Integers and texts are exact; a REAL counts as the decimal
/// that it stands for, up to 15 digits. Anything else fails the statement.
void register_exact_sum(::sqlite3* db);

}  // namespace millrace::sqlite
