#pragma once
// Cells of a result as C values in the caller's memory.

#include <cstdint>
#include <string_view>

#include <sqlcli1.h>

#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

/// Where a value goes.
struct Target {
  SQLSMALLINT c_type = 0;          ///< plain; 0: nowhere
  char* value = nullptr;
  std::int64_t room = 0;           ///< of texts and bytes
  SQLLEN* length = nullptr;
};

enum class Fit : std::uint8_t {
  whole,
  cut,             ///< a text or bytes for which there was no room: the first of it is there, the length is that of all of it
  fraction_cut,    ///< a number's fraction, or a time stamp's time, has no place in the type
  end              ///< of a value that is read in pieces: there is nothing left
};

/// The C type that a column's values have by themselves.
SQLSMALLINT default_c_type(drda::Kind kind);

/// Writes a cell's value. A number is never cut off: one that does not fit is an error.
/// @param offset  where the piece begins; moved behind it. nullptr: the value is not read in pieces
/// @throws CallError{07006} the types do not go together, {22002} NULL without an indicator, {22003} out of range, {22007} no date, {22018} no number
Fit convert(const drda::Cell& cell, drda::Kind kind, const Target& target, std::size_t* offset);

}  // namespace millrace::db2::cli
