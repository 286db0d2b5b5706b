#include "sqlite3/exact_sum.hpp"

#include <cmath>
#include <exception>
#include <string>

#include "millrace/data/decode.hpp"
#include "products/sqlite3/affinity.hpp"
#include "sqlite3/errors.hpp"

namespace millrace::sqlite {
namespace {

int128 scaled(std::int64_t value, int scale) {
  int128 result = value;
  for (; scale > 0; --scale) {
    if (__builtin_mul_overflow(result, static_cast<int128>(10), &result)) throw DataError("the integer " + std::to_string(value) + " has too many digits for its decimal column");
  }
  return result;
}

/// The decimal of at most 15 digits that a double stands for. @throws DataError  there is none with this scale
int128 unscaled(double value, int scale) {
  constexpr double kLimit = 1e15;
  const double power = std::pow(10.0, scale);  // exact up to 10^22
  const double rounded = std::round(value * power);
  if (scale > 22 || !(std::fabs(rounded) < kLimit) || rounded / power != value) {
    throw DataError("the REAL " + Value(value).to_text() + " is no decimal of at most 15 digits, " + std::to_string(scale) + " of them behind the point; store such values as text");
  }
  return static_cast<int128>(rounded);
}

void add(ExactSum& sum, ::sqlite3_value* value, int scale) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return sum.add(scaled(sqlite3_value_int64(value), scale));
    case SQLITE_FLOAT: return sum.add(unscaled(sqlite3_value_double(value), scale));
    case SQLITE_TEXT: {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
      return sum.add(ExactSum::parse({text, static_cast<std::size_t>(sqlite3_value_bytes(value))}, scale));
    }
    default: throw DataError("a BLOB can not be summed");
  }
}

struct State { ExactSum sum; int scale; };

// SQLite zeroes the aggregate's memory, and aligns it to 8 bytes only: too little for 128-bit integers, so it holds a pointer.
State** state_of(::sqlite3_context* context, bool create) { return static_cast<State**>(sqlite3_aggregate_context(context, create ? sizeof(State*) : 0)); }

void step(::sqlite3_context* context, int, ::sqlite3_value** arguments) noexcept {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return;
  State** const state = state_of(context, true);
  if (!state) return sqlite3_result_error_nomem(context);
  try {
    if (!*state) *state = new State{{}, sqlite3_value_int(arguments[1])};
    add((*state)->sum, arguments[0], (*state)->scale);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

void finish(::sqlite3_context* context) noexcept {
  State** const state = state_of(context, false);
  if (!state || !*state) return;  // NULL
  try {
    const std::string text = (*state)->sum.to_string((*state)->scale);
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
  delete *state;
}

}  // namespace

void register_exact_sum(::sqlite3* db) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  const int code = sqlite3_create_function_v2(db, kExactSum, 2, kFlags, nullptr, nullptr, step, finish, nullptr);
  if (code != SQLITE_OK) throw_failure(db, code);
}

}  // namespace millrace::sqlite
