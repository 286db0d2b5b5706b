#include "db2/drda/packed_decimal.hpp"

#include <algorithm>

namespace millrace::drda {
namespace {

constexpr std::uint8_t kPositive = 0x0C;
constexpr std::uint8_t kNegative = 0x0D;
constexpr int kFarthestExponent = 100'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[noreturn]] void fail_text(std::string_view text) { fail("22018", "\"" + std::string(text.substr(0, 64)) + "\" is not a decimal number"); }

[[noreturn]] void fail_range(std::string_view text, int precision, int scale) {
  fail("22003", "\"" + std::string(text.substr(0, 64)) + "\" does not fit into DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// A text taken apart: its digits with the point between them, and the exponent.
struct DecimalText {
  bool negative = false;
  std::string_view digits;
  int whole = 0;  ///< digits before the point, exponent included; it may be negative
};

int read_exponent(std::string_view text, std::string_view all) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) fail_text(all);
  int exponent = 0;
  for (const char c : text) exponent = std::min(exponent * 10 + (c - '0'), kFarthestExponent);
  return negative ? -exponent : exponent;
}

DecimalText take_apart(std::string_view all) {
  DecimalText out;
  std::string_view text = trimmed(all);
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::size_t end = 0, digits = 0, point = std::string_view::npos;
  for (; end < text.size(); ++end) {
    if (is_digit(text[end])) {
      ++digits;
    } else if (text[end] == '.' && point == std::string_view::npos) {
      point = end;
    } else {
      break;
    }
  }
  if (digits == 0 || digits > kFarthestExponent) fail_text(all);
  out.digits = text.substr(0, end);
  out.whole = static_cast<int>(point == std::string_view::npos ? digits : point);
  if (end < text.size()) {
    if (text[end] != 'e' && text[end] != 'E') fail_text(all);
    out.whole += read_exponent(text.substr(end + 1), all);
  }
  return out;
}

}  // namespace

void pack_decimal(std::string_view text, int precision, int scale, std::uint8_t* out) {
  const DecimalText number = take_apart(text);
  const std::size_t size = packed_size(precision);
  std::fill_n(out, size, std::uint8_t{0});
  // The half bytes are counted from the right: the sign is number 0, the last digit of the scale number 1.
  int place = number.whole + scale;
  bool is_zero = true;
  for (const char c : number.digits) {
    if (c == '.') continue;
    if (c != '0') {
      if (place < 1 || place > precision) fail_range(text, precision, scale);
      const auto digit = static_cast<std::uint8_t>(c - '0');
      out[size - 1 - static_cast<std::size_t>(place) / 2] |= static_cast<std::uint8_t>(place % 2 == 0 ? digit : digit << 4);
      is_zero = false;
    }
    --place;
  }
  out[size - 1] |= number.negative && !is_zero ? kNegative : kPositive;
}

void unpack_decimal(Bytes packed, int precision, int scale, std::string& out) {
  if (packed.size() != packed_size(precision) || scale < 0 || scale > precision) fail_protocol("a decimal has an impossible precision");
  char digits[2 * packed_size(255)];
  int count = 0;
  for (std::size_t i = 0; i < packed.size(); ++i) {
    digits[count++] = static_cast<char>('0' + (packed[i] >> 4));
    if (i + 1 < packed.size()) digits[count++] = static_cast<char>('0' + (packed[i] & 0x0F));
  }
  if (std::any_of(digits, digits + count, [](char c) { return c > '9'; })) fail_protocol("a decimal has a half byte that is no digit");
  const int sign = packed.back() & 0x0F;
  if (sign < 0x0A) fail_protocol("a decimal has no sign");
  int first = 0;
  while (first < count - scale - 1 && digits[first] == '0') ++first;
  const bool is_zero = std::all_of(digits + first, digits + count, [](char c) { return c == '0'; });
  if ((sign == kNegative || sign == 0x0B) && !is_zero) out += '-';
  if (first > count - scale - 1) out += '0';  // DECIMAL(n,n) of an odd precision has no digit before the point
  out.append(digits + first, digits + count - scale);
  if (scale > 0) {
    out += '.';
    out.append(digits + count - scale, digits + count);
  }
}

}  // namespace millrace::drda
