#pragma once

#include "millrace/data/decode.hpp"

namespace millrace {

/// Appends a value, converted to the column's type: directly where the types match, else as its text would be.
/// Nothing is appended unless the result is ok.
DecodeStatus append_value(Column& column, const Value& value);

}  // namespace millrace
