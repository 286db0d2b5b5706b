// Booleans, integers and floating point numbers.

#include <charconv>
#include <cmath>

#include "data/decimal_text.hpp"
#include "data/fast_decode.hpp"
#include "data/scan.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

bool is_prefix_ignoring_case(std::string_view text, std::string_view word, std::size_t shortest) {
  return text.size() >= shortest && text.size() <= word.size() && equals_ignoring_case(text, word.substr(0, text.size()));
}

template <class T> DecodeStatus decode_floating(std::string_view text, T& out) {
  if (fast::floating(text.data(), text.size(), out)) return DecodeStatus::ok;
  text = trim_blanks(text);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    // from_chars would take the second sign of "+-1"; "+NaN" is no number either.
    if (text.empty() || text.front() == '-' || equals_ignoring_case(text, "nan")) return DecodeStatus::invalid_syntax;
  }
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return DecodeStatus::invalid_syntax;
  if (error == std::errc::result_out_of_range) return DecodeStatus::out_of_range;
  // from_chars knows more spellings than PostgreSQL: nan(payload), -nan.
  if (!std::isfinite(value) && !is_non_finite(text)) return DecodeStatus::invalid_syntax;
  out = value;
  return DecodeStatus::ok;
}

}  // namespace

DecodeStatus decode_boolean(std::string_view text, bool& out) {
  text = trim_blanks(text);
  if (text == "1" || is_prefix_ignoring_case(text, "true", 1) || is_prefix_ignoring_case(text, "yes", 1) ||
      equals_ignoring_case(text, "on")) {
    out = true;
    return DecodeStatus::ok;
  }
  if (text == "0" || is_prefix_ignoring_case(text, "false", 1) || is_prefix_ignoring_case(text, "no", 1) ||
      is_prefix_ignoring_case(text, "off", 2)) {
    out = false;
    return DecodeStatus::ok;
  }
  return DecodeStatus::invalid_syntax;
}

DecodeStatus decode_integer(std::string_view text, std::int64_t lowest, std::int64_t highest, std::int64_t& out) {
  std::int64_t value = 0;
  if (!fast::integer(text.data(), text.size(), value)) {
    text = trim_blanks(text);
    if (!text.empty() && text.front() == '+') {
      text.remove_prefix(1);
      if (text.empty() || text.front() == '-') return DecodeStatus::invalid_syntax;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) return DecodeStatus::invalid_syntax;
    if (error == std::errc::result_out_of_range) return DecodeStatus::out_of_range;
  }
  if (value < lowest || value > highest) return DecodeStatus::out_of_range;
  out = value;
  return DecodeStatus::ok;
}

DecodeStatus decode_double(std::string_view text, double& out) { return decode_floating(text, out); }
DecodeStatus decode_real(std::string_view text, float& out) { return decode_floating(text, out); }

}  // namespace millrace
