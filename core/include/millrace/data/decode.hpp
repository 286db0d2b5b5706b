#pragma once
// From text to typed values. docs/types.md lists the accepted forms; they are the same on every backend.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/data/record_batch.hpp"
#include "millrace/data/types.hpp"
#include "millrace/data/value.hpp"

namespace millrace {

/// Why a text is not a value of its type. The names are the stable codes of reject files.
enum class DecodeStatus : std::uint8_t {
  ok, invalid_syntax, out_of_range, precision_exceeded, too_long, no_such_date, invalid_utf8, nul_byte, not_finite, null_in_key, null_not_allowed
};
std::string_view to_string(DecodeStatus status);  ///< "invalid_syntax", ...
/// One sentence for people: `"abc" is not an integer`. The value is shortened to 60 characters and made printable.
std::string describe(DecodeStatus status, const SqlType& type, std::string_view value);

struct DecodeOptions {
  std::int32_t utc_offset_seconds = 0;  ///< for a timestamp with time zone that names none
  bool reject_nan = false;              ///< SQLite stores a NaN as NULL: there it is a reject, not a silent loss
};

// Single values. All of them accept blanks around the value where PostgreSQL does, none consults a locale.
DecodeStatus decode_boolean(std::string_view text, bool& out);
DecodeStatus decode_integer(std::string_view text, std::int64_t lowest, std::int64_t highest, std::int64_t& out);
DecodeStatus decode_double(std::string_view text, double& out);
DecodeStatus decode_real(std::string_view text, float& out);
/// Rounds surplus digits half away from zero. @pre type.is_fixed_decimal()
DecodeStatus decode_decimal(std::string_view text, int precision, int scale, int128& out);
/// A decimal of any length for columns without a fixed precision: digits, sign, point, exponent; also NaN and infinities, which
/// PostgreSQL's numeric has.
DecodeStatus check_decimal(std::string_view text);
DecodeStatus decode_date(std::string_view text, Date& out);
DecodeStatus decode_time(std::string_view text, TimeOfDay& out);
/// An offset in the text is read and ignored, as PostgreSQL does for a timestamp without time zone.
DecodeStatus decode_timestamp(std::string_view text, Timestamp& out);
DecodeStatus decode_timestamp_tz(std::string_view text, std::int32_t default_offset_seconds, TimestampTz& out);
DecodeStatus decode_uuid(std::string_view text, Uuid& out);
DecodeStatus decode_binary(std::string_view text, std::string& out);  ///< PostgreSQL's \x hex and escape formats
DecodeStatus check_json(std::string_view text);  ///< RFC 8259 syntax
/// No NUL, well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
DecodeStatus check_text(std::string_view text);
/// "+05:30", "-08", "Z" to seconds east of UTC.
DecodeStatus decode_utc_offset(std::string_view text, std::int32_t& seconds);

/// A field of a record: a slice of the input, or NULL.
struct Field {
  const char* data = nullptr;  ///< nullptr = NULL
  std::uint32_t size = 0;
};
struct FieldError { std::uint32_t row; DecodeStatus status; };  ///< row: index into the fields of the call

/// Decodes one column's fields and appends them to `out` (one row per field; a bad field appends NULL and one entry to `errors`, in row order).
///
/// One switch per call, a tight loop per type: this is the hot path of every load.
/// @param text_is_clean  the caller has checked the bytes to be UTF-8 without NUL already (they are checked here otherwise)
void decode_column(std::span<const Field> fields, const DecodeOptions& options, bool text_is_clean, Column& out,
                   std::vector<FieldError>& errors);

/// Appends one text as a value of the column's type: the slow path, for builders and replays.
DecodeStatus append_text(Column& out, std::string_view text, const DecodeOptions& options = {});

/// An exact sum of integers or of decimals of one scale: 256 bits wide, so that no number of rows overflows it.
class ExactSum {
 public:
  void add(int128 value);
  void add(const ExactSum& other);
  std::string to_string(int scale) const;        ///< plain decimal digits, no exponent
  /// @throws DataError when the text is no plain decimal number or has more than `scale` significant decimals
  static ExactSum parse(std::string_view text, int scale);
  friend bool operator==(const ExactSum&, const ExactSum&) = default;

 private:
  uint128 low_ = 0;   // two's complement, 256 bits
  int128 high_ = 0;
};
/// Columns that control totals are kept for: integers and fixed decimals.
bool is_summable(const SqlType& type);
void add_column(ExactSum& sum, const Column& column);  ///< @pre is_summable(column.type())

}  // namespace millrace
