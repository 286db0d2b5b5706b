#include <catch2/catch_test_macros.hpp>

#include <random>
#include <string>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"

using namespace millrace;
using enum DecodeStatus;

namespace {

std::string decoded(std::string_view text, int precision, int scale) {
  int128 value = 0;
  const DecodeStatus status = decode_decimal(text, precision, scale, value);
  return status == ok ? to_string(Decimal{value, scale}) : std::string(to_string(status));
}

/// Adds one to a string of digits.
void increment(std::string& digits) {
  std::size_t at = digits.size();
  while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
  if (at == 0) digits.insert(0, 1, '1');
  else ++digits[at - 1];
}

/// What decode_decimal should answer for sign, digits before and digits behind the point: by arithmetic on strings alone.
std::string expected(bool negative, std::string integer, std::string fraction, int precision, int scale) {
  fraction.resize(std::max(fraction.size(), static_cast<std::size_t>(scale) + 1), '0');
  const bool up = fraction[static_cast<std::size_t>(scale)] >= '5';
  std::string digits = integer + fraction.substr(0, static_cast<std::size_t>(scale));
  if (up) increment(digits);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > static_cast<std::size_t>(precision)) return "precision_exceeded";
  const bool zero = digits.empty();
  if (digits.size() <= static_cast<std::size_t>(scale)) digits.insert(0, static_cast<std::size_t>(scale) + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
  return (negative && !zero ? "-" : "") + digits;
}

std::string random_digits(std::mt19937_64& random, std::size_t count) {
  std::string digits;
  // Nines and fours now and then, so that carries happen.
  const char favourite = "0499"[random() % 4];
  for (std::size_t i = 0; i < count; ++i) digits += random() % 2 ? favourite : static_cast<char>('0' + random() % 10);
  return digits;
}

}  // namespace

TEST_CASE("decimals take sign, digits, point, exponent and blanks around") {
  CHECK(decoded("0", 15, 2) == "0.00");
  CHECK(decoded("12.5", 15, 2) == "12.50");
  CHECK(decoded("-12.5", 15, 2) == "-12.50");
  CHECK(decoded("+12.5", 15, 2) == "12.50");
  CHECK(decoded(" \t12.5\n", 15, 2) == "12.50");
  CHECK(decoded(".5", 15, 2) == "0.50");
  CHECK(decoded("-.5", 15, 2) == "-0.50");
  CHECK(decoded("5.", 15, 2) == "5.00");
  CHECK(decoded("1.5e3", 15, 2) == "1500.00");
  CHECK(decoded("1.5E+3", 15, 2) == "1500.00");
  CHECK(decoded("15e-1", 15, 2) == "1.50");
  CHECK(decoded("0e99999999999999999999", 5, 2) == "0.00");
  CHECK(decoded("-0", 5, 2) == "0.00");
  CHECK(decoded("000000000000000000000000000000000000000000001.5", 5, 2) == "1.50");
  CHECK(decoded("1e-99999999999999999999", 5, 2) == "0.00");
  CHECK(decoded("0." + std::string(44, '0') + "15e45", 5, 2) == "1.50");
}

TEST_CASE("what is no decimal is refused") {
  for (const char* text : {"", " ", ".", "-", "+", "-.", "e5", ".e5", "1e", "1e+", "1.2.3", "1..2", "1,5", "1 5", "--1", "+-1", "0x10", "1_0", "abc",
                           "1.5e3.2", "1234567.1234.678", "12345678901234567890.1.2", "1e5 5", "12345678901x3456"}) {
    INFO(text);
    CHECK(decoded(text, 38, 2) == "invalid_syntax");
    CHECK(check_decimal(text) == invalid_syntax);
  }
  CHECK(decoded(std::string_view("1\0", 2), 5, 2) == "invalid_syntax");
}

TEST_CASE("surplus decimals round half away from zero") {
  CHECK(decoded("0.005", 4, 2) == "0.01");
  CHECK(decoded("-0.005", 4, 2) == "-0.01");
  CHECK(decoded("0.0049999999999999999999999999999999999999999", 4, 2) == "0.00");
  CHECK(decoded("-0.004", 4, 2) == "0.00");
  CHECK(decoded("9.995", 4, 2) == "10.00");
  CHECK(decoded("-9.995", 4, 2) == "-10.00");
  CHECK(decoded("99.994", 4, 2) == "99.99");
  CHECK(decoded("0.5", 1, 0) == "1");
  CHECK(decoded("-0.5", 1, 0) == "-1");
  CHECK(decoded("0.49", 1, 0) == "0");
  CHECK(decoded("2.5", 1, 0) == "3");
  CHECK(decoded("5e-3", 4, 2) == "0.01");
  CHECK(decoded("0.5e-2", 4, 2) == "0.01");
  CHECK(decoded("5e-4", 4, 2) == "0.00");
}

TEST_CASE("too many digits before the point are refused, also after a carry") {
  CHECK(decoded("99.995", 4, 2) == "precision_exceeded");
  CHECK(decoded("-99.995", 4, 2) == "precision_exceeded");
  CHECK(decoded("100", 4, 2) == "precision_exceeded");
  CHECK(decoded("99.99", 4, 2) == "99.99");
  CHECK(decoded("9.5", 1, 0) == "precision_exceeded");
  CHECK(decoded("1", 2, 2) == "precision_exceeded");
  CHECK(decoded("0.99", 2, 2) == "0.99");
  CHECK(decoded("0.995", 2, 2) == "precision_exceeded");
  CHECK(decoded("1e400", 38, 0) == "precision_exceeded");
  CHECK(decoded("1e99999999999999999999", 38, 0) == "precision_exceeded");
}

TEST_CASE("all 38 digits are exact") {
  const std::string nines(38, '9');
  CHECK(decoded(nines, 38, 0) == nines);
  CHECK(decoded("-" + nines, 38, 0) == "-" + nines);
  CHECK(decoded(nines + ".4999", 38, 0) == nines);
  CHECK(decoded(nines + ".5", 38, 0) == "precision_exceeded");
  CHECK(decoded("1" + nines, 38, 0) == "precision_exceeded");
  CHECK(decoded("0." + nines, 38, 38) == "0." + nines);
  CHECK(decoded("0." + nines + "5", 38, 38) == "precision_exceeded");
  CHECK(decoded("1", 38, 38) == "precision_exceeded");
  CHECK(decoded("1e37", 38, 0) == std::string("1") + std::string(37, '0'));
  CHECK(decoded("1e38", 38, 0) == "precision_exceeded");
  CHECK(decoded("170141183460469231731687303715884105727", 38, 0) == "precision_exceeded");  // 2^127 - 1
  CHECK(decoded("12345678901234567890123456789012345678", 38, 0) == "12345678901234567890123456789012345678");
  CHECK(decoded("1", 38, 37) == "1." + std::string(37, '0'));
  CHECK(decoded("9999999999999999", 38, 22) == "9999999999999999." + std::string(22, '0'));
  CHECK(decoded("9999999999999999", 38, 23) == "precision_exceeded");
}

TEST_CASE("random decimals agree with arithmetic on strings") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 8000; ++i) {
    const int precision = 1 + static_cast<int>(random() % 38);
    const int scale = static_cast<int>(random() % static_cast<unsigned>(precision + 1));
    const bool negative = random() % 2;
    const std::string integer = random_digits(random, random() % (static_cast<unsigned>(precision - scale) + 3));
    const std::string fraction = random_digits(random, random() % (static_cast<unsigned>(scale) + 4));
    if (integer.empty() && fraction.empty()) continue;
    const std::string sign = negative ? "-" : "";
    const std::string text = sign + integer + (fraction.empty() ? "" : "." + fraction);
    const std::string answer = expected(negative, integer, fraction, precision, scale);
    INFO(text << " as decimal(" << precision << ',' << scale << ')');
    CHECK(decoded(text, precision, scale) == answer);
    // The same number with its point moved by an exponent.
    CHECK(decoded(sign + integer + fraction + "e-" + std::to_string(fraction.size()), precision, scale) == answer);
    CHECK(decoded(sign + "." + integer + fraction + "e" + std::to_string(integer.size()), precision, scale) == answer);
    CHECK(check_decimal(text) == ok);
  }
}

TEST_CASE("a decimal of fixed precision is finite; one without is as PostgreSQL's numeric") {
  for (const char* text : {"NaN", "nan", "Infinity", "-inf", "+INF", " inf "}) {
    INFO(text);
    CHECK(decoded(text, 38, 2) == "not_finite");
    CHECK(check_decimal(text) == ok);
  }
  for (const char* text : {"-NaN", "+nan", "infx"}) {
    INFO(text);
    CHECK(decoded(text, 38, 2) == "invalid_syntax");
    CHECK(check_decimal(text) == invalid_syntax);
  }
}

TEST_CASE("a decimal without precision has the limits of PostgreSQL's numeric") {
  CHECK(check_decimal("123456789012345678901234567890123456789012345678901234567890.5") == ok);
  CHECK(check_decimal(std::string(131072, '9')) == ok);
  CHECK(check_decimal("000" + std::string(131072, '9')) == ok);
  CHECK(check_decimal(std::string(131073, '9')) == out_of_range);
  CHECK(check_decimal("1e131071") == ok);
  CHECK(check_decimal("1e131072") == out_of_range);
  CHECK(check_decimal("1e-16383") == ok);
  CHECK(check_decimal("1e-16384") == out_of_range);
  CHECK(check_decimal("0." + std::string(16383, '1')) == ok);
  CHECK(check_decimal("0." + std::string(16384, '1')) == out_of_range);
}

TEST_CASE("Decimal::parse keeps the scale of the text") {
  CHECK(Decimal::parse("1.50") == Decimal{150, 2});
  CHECK(Decimal::parse("1.5") == Decimal{15, 1});
  CHECK_FALSE(Decimal::parse("1.5") == Decimal::parse("1.50"));
  CHECK(Decimal::parse(" -7 ") == Decimal{-7, 0});
  CHECK(Decimal::parse("1.5e3") == Decimal{1500, 0});
  CHECK(Decimal::parse("1.2345e2") == Decimal{12345, 2});
  CHECK(Decimal::parse("25e-3") == Decimal{25, 3});
  CHECK(Decimal::parse("0.00") == Decimal{0, 2});
  CHECK(to_string(Decimal::parse("0." + std::string(38, '9'))) == "0." + std::string(38, '9'));
  CHECK(to_string(Decimal::parse(std::string("-") + std::string(38, '9'))) == std::string("-") + std::string(38, '9'));
  CHECK_THROWS_AS(Decimal::parse(std::string(39, '9')), DataError);
  CHECK_THROWS_AS(Decimal::parse("1." + std::string(38, '9')), DataError);
  CHECK_THROWS_AS(Decimal::parse("1e38"), DataError);
  CHECK_THROWS_AS(Decimal::parse("1e-39"), DataError);
  CHECK_THROWS_AS(Decimal::parse("NaN"), DataError);
  CHECK_THROWS_AS(Decimal::parse(""), DataError);
}

TEST_CASE("decimals print their scale and nothing else") {
  CHECK(to_string(Decimal{5, 2}) == "0.05");
  CHECK(to_string(Decimal{-5, 2}) == "-0.05");
  CHECK(to_string(Decimal{0, 2}) == "0.00");
  CHECK(to_string(Decimal{-1234, 0}) == "-1234");
  CHECK(to_string(Decimal{12, -3}) == "12000");
  CHECK(to_string(Decimal{0, -3}) == "0");
}
