#include "db2/drda/result_cell.hpp"

#include <charconv>

#include "db2/drda/decfloat.hpp"
#include "db2/drda/packed_decimal.hpp"

namespace millrace::drda {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void append_utf8(std::string& out, std::uint32_t character) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | character >> 6);
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | character >> 12);
    put(0x80 | (character >> 6 & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | character >> 18);
    put(0x80 | (character >> 12 & 0x3F));
    put(0x80 | (character >> 6 & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

/// CCSID 1200, which is big-endian whatever the order of numbers; half a pair of surrogates becomes U+FFFD.
void append_utf16(std::string& out, Bytes bytes) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t character = load<std::uint16_t>(bytes.data() + i);
    if (character >= 0xD800 && character < 0xE000) {
      const std::uint32_t low = i + 3 < bytes.size() ? load<std::uint16_t>(bytes.data() + i + 2) : 0;
      if (character < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      } else {
        character = 0xFFFD;
      }
    }
    append_utf8(out, character);
  }
}

template <class T> void append_number(std::string& out, T value) {
  char digits[64];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

/// "13.04.05" becomes "13:04:05".
void append_time(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out += text;
  for (std::size_t i = start; i < out.size(); ++i) {
    if (out[i] == '.') out[i] = ':';
  }
}

/// "2024-01-31-13.04.05.123456" becomes "2024-01-31 13:04:05.123456".
void append_timestamp(std::string& out, std::string_view text) {
  constexpr std::size_t kDate = 10, kTime = 8;
  if (text.size() < kDate + 1 + kTime) {
    out += text;
    return;
  }
  out += text.substr(0, kDate);
  out += ' ';
  append_time(out, text.substr(kDate + 1, kTime));
  out += text.substr(kDate + 1 + kTime);
}

bool is_bytes(std::uint8_t base) {
  return base == fdoca::kFixedBytes || base == fdoca::kVaryingBytes || base == fdoca::kLongVaryingBytes || base == fdoca::kBinary || base == fdoca::kVaryingBinary ||
         base == fdoca::kLobBytes;
}

/// A byte of 0 and 1 or of DDM's truth values, and of Db2 LUW two bytes.
bool is_true(Bytes value) {
  constexpr std::uint8_t kDdmFalse = 0xF0;
  if (value.size() == 1) return value[0] != 0 && value[0] != kDdmFalse;
  return value[0] != 0 || value[1] != 0;
}

[[noreturn]] void fail_kind(const char* wanted) { fail("07006", std::string("the column can not be read as ") + wanted); }

}  // namespace

void ResultCell::set_outside(std::vector<std::uint8_t> value, bool indicator) {
  outside_ = std::move(value);
  value_ = outside_;
  is_null_ = false;
  if (!indicator) return;
  if (value_.empty()) fail_protocol("a LOB has no indicator");
  is_null_ = (value_.front() & 0x80) != 0;
  value_ = value_.subspan(1);
}

std::string_view ResultCell::as_text() const {
  if (is_null_) return {};
  text_.clear();
  switch (type_.base()) {
    case fdoca::kTiny: case fdoca::kSmall: case fdoca::kInteger: case fdoca::kBigint: append_number(text_, as_integer()); break;
    case fdoca::kBoolean: text_ = as_integer() != 0 ? "TRUE" : "FALSE"; break;
    case fdoca::kFloat4: append_number(text_, std::bit_cast<float>(load<std::uint32_t>(value_.data(), order_))); break;
    case fdoca::kFloat8: append_number(text_, as_number()); break;
    case fdoca::kDecfloat: append_decfloat(value_, text_); break;
    case fdoca::kDecimal: unpack_decimal(value_, type_.length >> 8, type_.length & 0xFF, text_); break;
    case fdoca::kTime: append_time(text_, as_characters(value_)); break;
    case fdoca::kTimestamp: append_timestamp(text_, as_characters(value_)); break;
    case fdoca::kGraphic: case fdoca::kVaryingGraphic: case fdoca::kLongGraphic: case fdoca::kLobGraphic: append_utf16(text_, value_); break;
    default:
      if (!is_bytes(type_.base())) return as_characters(value_);
      text_.reserve(2 * value_.size());
      for (const std::uint8_t byte : value_) {
        text_ += kHex[byte >> 4];
        text_ += kHex[byte & 0x0F];
      }
  }
  return text_;
}

std::span<const std::byte> ResultCell::as_bytes() const {
  if (is_null_) return {};
  if (is_bytes(type_.base())) return std::as_bytes(value_);
  const std::string_view text = as_text();
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::int64_t ResultCell::as_integer() const {
  if (is_null_) return 0;
  switch (type_.base()) {
    case fdoca::kTiny: return static_cast<std::int8_t>(value_[0]);
    case fdoca::kBoolean: return is_true(value_) ? 1 : 0;
    case fdoca::kSmall: return load<std::int16_t>(value_.data(), order_);
    case fdoca::kInteger: return load<std::int32_t>(value_.data(), order_);
    case fdoca::kBigint: return load<std::int64_t>(value_.data(), order_);
    default: fail_kind("an integer");
  }
}

double ResultCell::as_number() const {
  if (is_null_) return 0;
  switch (type_.base()) {
    case fdoca::kFloat4: return static_cast<double>(std::bit_cast<float>(load<std::uint32_t>(value_.data(), order_)));
    case fdoca::kFloat8: return std::bit_cast<double>(load<std::uint64_t>(value_.data(), order_));
    case fdoca::kDecfloat: case fdoca::kDecimal: {
      const std::string_view text = as_text();
      double value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    }
    case fdoca::kTiny: case fdoca::kSmall: case fdoca::kInteger: case fdoca::kBigint: case fdoca::kBoolean: return static_cast<double>(as_integer());
    default: fail_kind("a number");
  }
}

}  // namespace millrace::drda
