#pragma once
// Column affinity: what SQLite turns values into when it stores them.

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/data/types.hpp"

namespace millrace::sqlite {

enum class Affinity : std::uint8_t { blob, text, numeric, integer, real };

/// Most significant digits of a decimal that survive in a REAL.
inline constexpr int kExactDigits = 15;

/// The rules of https://www.sqlite.org/datatype3.html#determination_of_column_affinity. ANY is BLOB in a STRICT table.
Affinity affinity_of(std::string_view declared_type, bool strict = false);
constexpr bool is_numeric(Affinity affinity) { return affinity >= Affinity::numeric; }

/// What a declared type means to Millrace. As parse_type(), but SQLite's integers have 64 bits and its reals 53, and
/// `DECIMAL_TEXT(20,2)` is a decimal stored as text (any type with `_TEXT` behind its name has TEXT affinity); no type at all is text.
SqlType declared_type(std::string_view text);

/// The type's name in DDL, chosen so that affinity never changes a value of the type.
std::string type_name(const SqlType& type);

/// Refuses a column whose affinity would change values of the type.
/// @throws ConfigError  names the column and what to do
void check_stores_exactly(const TableName& table, std::string_view column, const SqlType& type, std::string_view declared, Affinity affinity);

/// True when SQLite would take the text for a number and a column of numeric affinity would store that instead.
bool looks_numeric(std::string_view text);
/// True when the number survives numeric affinity: 15 significant digits at most, and a range that a double has.
bool is_exact_number(std::string_view text);

}  // namespace millrace::sqlite
