#pragma once
// Values as the text that SQLite's own functions understand, written without allocation.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/data/value.hpp"

namespace millrace::backends {

/// The text of one value in a small buffer; valid until the next format.
class TextBuffer {
 public:
  std::string_view date(std::int32_t days);               ///< 2023-02-28
  std::string_view time(std::int64_t micros);             ///< 13:45:00 or 13:45:00.5
  std::string_view timestamp(std::int64_t micros);        ///< 2023-02-28 13:45:00.123456
  std::string_view timestamp_tz(std::int64_t micros);     ///< 2023-02-28 13:45:00+00:00: SQLite's functions want the minutes too
  std::string_view decimal(int128 unscaled, int scale);   ///< -0.05, with all decimals of the scale
  std::string_view uuid(const std::uint8_t* bytes);
  std::string_view number(double value);                  ///< the shortest text that reads back as the same number

 private:
  char* put_time(char* at, std::int64_t micros);
  char* put_timestamp(std::int64_t micros);
  std::string_view until(const char* end) const { return {text_, static_cast<std::size_t>(end - text_)}; }

  char text_[64];
};

}  // namespace millrace::backends
