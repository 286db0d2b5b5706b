#pragma once
// What a column of an Arrow stream is, read from its schema.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/access/arrow_c.hpp"
#include "millrace/data/types.hpp"

namespace millrace::arrow {

/// What the values mean. uint64 is a decimal without decimals: it does not fit the integers.
enum class Family : std::uint8_t { null, boolean, integer, floating, decimal, text, binary, date, time, timestamp, timestamp_tz };

/// How they lie in the buffers. `view` is Arrow's string and binary view, `fixed` a number of bytes each.
enum class Storage : std::uint8_t {
  none, bit, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64, int128, bytes32, bytes64, view, fixed
};

struct ArrowType {
  Family family = Family::null;
  Storage storage = Storage::none;
  std::optional<Storage> index;      ///< a dictionary: the above is the type of its values
  int width = 0;                     ///< of `fixed`, in bytes
  int scale = 0;                     ///< of decimals
  std::int64_t per_second = 1;       ///< times and timestamps: their unit; dates: 1 counts days, 1000 milliseconds
  bool is_utc = false;               ///< a timestamp_tz whose zone is UTC by one of its names
  std::string name;                  ///< "timestamp[ns, tz=UTC]", for messages
};

/// @param column  the column's name, for messages
/// @throws DataError  a type that Millrace does not read, with what to do about it
ArrowType read_type(const ArrowSchema& schema, std::string_view column);

/// Values of the type can go into a column of the other, each of them or those that fit.
bool can_become(const ArrowType& from, const SqlType& to);

/// A DataError about a column of the stream: its name is in the message and in info().column.
[[noreturn]] void throw_about(std::string_view column, std::string sentence);
/// The same for an array that breaks Arrow's own rules.
[[noreturn]] void throw_broken(std::string_view column, std::string_view what);

}  // namespace millrace::arrow
