#include <catch2/catch_test_macros.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "csv_support.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

struct Cut {
  std::int64_t first_src_row, rows, first_line, byte_offset, byte_length;
  std::string hash, bytes;
  friend bool operator==(const Cut&, const Cut&) = default;
};

std::vector<Cut> cuts_of(const std::string& input, const CsvOptions& options, std::size_t step = SIZE_MAX) {
  std::vector<Cut> cuts;
  for (const Unit& unit : all_units(*open_source(input, options, step))) {
    cuts.push_back({unit.first_src_row, unit.rows, unit.first_line, unit.byte_offset, unit.byte_length, unit.hash, *unit.bytes});
  }
  return cuts;
}

std::string many_rows(int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) text += std::to_string(i) + (i % 7 == 0 ? ",\"a\nb\"\"c\"\n" : ",plain text\n");
  return text;
}

CsvOptions unit_size(std::int64_t bytes, std::int64_t rows = 0) {
  CsvOptions options = without_header();
  options.unit_bytes = options.first_unit_bytes = bytes;
  options.unit_rows = rows;
  return options;
}

CsvOptions longest_record(std::int64_t bytes) {
  CsvOptions options = without_header();
  options.max_record_bytes = bytes;
  return options;
}

std::string hash_of(const std::string& bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  std::string text;
  char digits[3];
  for (const unsigned char byte : canonical.digest) {
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

}  // namespace

TEST_CASE("a unit ends at the first record boundary at or past its size", "[csv]") {
  const std::string input = "aaa\nbbb\nccc\nddd\n";
  CHECK(cuts_of(input, unit_size(1)).size() == 4);
  CHECK(cuts_of(input, unit_size(4)).size() == 4);
  CHECK(cuts_of(input, unit_size(5)).size() == 2);
  CHECK(cuts_of(input, unit_size(8)).size() == 2);
  CHECK(cuts_of(input, unit_size(9)).size() == 2);
  CHECK(cuts_of(input, unit_size(13)).size() == 1);
  CHECK(cuts_of("", unit_size(8)).empty());
  CHECK(cuts_of("a", unit_size(8)).size() == 1);
}

TEST_CASE("the first unit is smaller, and never larger than the others", "[csv]") {
  CsvOptions options = unit_size(100);
  options.first_unit_bytes = 10;
  const std::vector<Cut> cuts = cuts_of(many_rows(100), options);
  REQUIRE(cuts.size() > 3);
  CHECK(cuts[0].byte_length < 30);
  CHECK(cuts[1].byte_length >= 100);
  options.first_unit_bytes = 1000;
  CHECK(cuts_of(many_rows(100), options)[0].byte_length < 130);
}

TEST_CASE("cuts do not depend on how the input is read", "[csv]") {
  const std::string input = many_rows(3000);
  for (const CsvOptions& options : {unit_size(1), unit_size(64), unit_size(1000), unit_size(4096), unit_size(10'000), unit_size(1 << 20),
                                    unit_size(1 << 20, 1), unit_size(1 << 20, 100), unit_size(700, 33)}) {
    const std::vector<Cut> expected = cuts_of(input, options);
    for (const std::size_t step : {1, 2, 3, 7, 61, 64, 65, 1000, 4095, 4097}) {
      INFO("unit " << options.unit_bytes << ", rows " << options.unit_rows << ", step " << step);
      REQUIRE((cuts_of(input, options, step) == expected));
    }
  }
}

TEST_CASE("units carry their positions, counts and hash", "[csv]") {
  const std::string input = many_rows(5000);
  std::int64_t next_row = 1, next_byte = 0, next_line = 1;
  std::string bytes;
  for (const Cut& cut : cuts_of(input, unit_size(1000))) {
    REQUIRE(cut.first_src_row == next_row);
    REQUIRE(cut.byte_offset == next_byte);
    REQUIRE(cut.first_line == next_line);
    REQUIRE(cut.byte_length == static_cast<std::int64_t>(cut.bytes.size()));
    REQUIRE(cut.hash == hash_of(cut.bytes));
    next_row += cut.rows;
    next_byte += cut.byte_length;
    next_line += std::count(cut.bytes.begin(), cut.bytes.end(), '\n');
    bytes += cut.bytes;
  }
  CHECK(next_row == 5001);
  CHECK(bytes == input);
}

TEST_CASE("unit_rows limits the records of a unit", "[csv]") {
  for (const int rows : {1, 2, 63, 64, 65, 99, 100, 101, 1000}) {
    const std::vector<Cut> cuts = cuts_of(many_rows(1000), unit_size(1 << 20, rows));
    INFO("rows " << rows);
    REQUIRE(cuts.size() == static_cast<std::size_t>((1000 + rows - 1) / rows));
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) REQUIRE(cuts[i].rows == rows);
  }
}

TEST_CASE("the first line end binds the input", "[csv]") {
  const std::string message = "another line end than the first line, which ended with ";
  CHECK(contains(reading_error("a\nb\r\nc\n"), "test.csv: line 2 has " + message + "LF (byte 3)"));
  CHECK(contains(reading_error("a\nb\rc\n"), message + "LF (byte 3)"));
  CHECK(contains(reading_error("a\r\nb\nc\r\n"), "line 2 has " + message + "CRLF (byte 4)"));
  CHECK(contains(reading_error("a\r\nb\rc\r\n"), "line 2 has " + message + "CRLF (byte 4)"));
  CHECK(contains(reading_error("a\r\nb\r"), message + "CRLF (byte 4)"));
  CHECK(contains(reading_error("a\r\nb\r\r\n"), message + "CRLF (byte 4)"));
  CHECK(contains(reading_error("a\rb\nc\r"), message + "CR (byte 3)"));
  CHECK(contains(reading_error("a\rb\r\nc\r"), message + "CR (byte 4)"));
  CHECK(contains(reading_error("\"\r\n\"\nb\r\n"), message + "LF"));  // the one in quotes binds nothing
  CHECK(reading_error("a\n\"b\r\n\"\n\"\r\"\n").empty());
  CHECK(reading_error("a\r\n\"b\nc\rd\"\r\n").empty());
  CHECK(reading_error("a\r\"b\nc\r\nd\"\r").empty());
}

TEST_CASE("a stray line end far from the start is named with its line, in every unit size", "[csv]") {
  const std::string input = many_rows(1000) + "x,y\r\n" + many_rows(10);
  const std::int64_t line = 1 + std::count(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(input.find('\r')), '\n');
  for (const std::int64_t bytes : {1, 100, 1 << 20}) {
    CHECK(contains(reading_error(input, unit_size(bytes)), "line " + std::to_string(line) + " has another line end"));
  }
}

TEST_CASE("an unterminated quote is fatal and names the line where it opened", "[csv]") {
  CHECK(contains(reading_error("a\nb,\"c\nd\ne\n"), "test.csv: the quote that opens on line 2 is not closed"));
  CHECK(contains(reading_error("\""), "line 1"));
  CHECK(contains(reading_error("\"a\nb\",\"c\nd"), "line 2"));
  CHECK(contains(reading_error("a\r\nb\r\n\"\"\""), "line 3"));
}

TEST_CASE("a record that is too long is fatal and names the line where its quote opened", "[csv]") {
  CHECK(reading_error("12345\n12345\n", longest_record(5)).empty());
  CHECK(reading_error("12345\r\n12345\r\n", longest_record(5)).empty());
  CHECK(reading_error("12345\r12345", longest_record(5)).empty());
  CHECK(contains(reading_error("12345\n123456\n", longest_record(5)), "the record on line 2 is longer than 5 bytes"));
  CHECK(contains(reading_error("12345\r\n123456\r\n", longest_record(5)), "the record on line 2 is longer than 5 bytes"));
  CHECK(contains(reading_error("12345\n123456", longest_record(5)), "line 2"));
  for (const std::size_t length : {63, 64, 65, 1000, 5000, 300'000}) {
    const auto most = static_cast<std::int64_t>(length);
    CHECK(reading_error("a\n" + std::string(length, 'x') + "\nb\n", longest_record(most)).empty());
    CHECK(contains(reading_error("a\n" + std::string(length + 1, 'x') + "\nb\n", longest_record(most)), "line 2"));
    const std::string quoted = "a\n1,\n2,\"" + std::string(length, '\n') + "\"\n";
    const std::string error = reading_error(quoted, longest_record(most));
    CHECK(contains(error, "the record on line 3"));
    CHECK(contains(error, "its quote opened on line 3"));
  }
}

TEST_CASE("a record may be much larger than a unit", "[csv]") {
  const std::string longest(10 << 20, 'x');
  const std::string input = "a\n\"" + longest + "\"\nb\n" + longest;
  const std::vector<Cut> cuts = cuts_of(input, unit_size(1000));
  REQUIRE(cuts.size() == 2);
  CHECK(cuts[0].rows == 2);
  CHECK(cuts[1].rows == 2);
  CHECK(cuts[1].byte_length == (10 << 20) + 2);
}

TEST_CASE("units stay valid while the source goes on, and after it", "[csv]") {
  const std::string input = many_rows(20'000);
  std::vector<Unit> units;
  {
    const std::unique_ptr<Source> source = open_source(input, unit_size(10'000));
    units = all_units(*source);
  }
  std::string bytes;
  for (const Unit& unit : units) bytes += *unit.bytes;
  CHECK(bytes == input);
}

TEST_CASE("the buffers of units that were let go are used again", "[csv]") {
  const std::unique_ptr<Source> source = open_source(many_rows(20'000), unit_size(10'000));
  std::vector<const char*> seen;
  while (const std::optional<Unit> unit = source->next_unit()) seen.push_back(unit->bytes->data());
  REQUIRE(seen.size() > 20);
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) - seen.begin() <= 3);
}

TEST_CASE("a fault stays a fault when asked again", "[csv]") {
  for (const std::string input : {"a\nb\r\n", "a\r\nb\r", "a\n\"b"}) {
    const std::unique_ptr<Source> source = open_source(input, unit_size(1), 1);
    REQUIRE(source->next_unit());
    const std::string first = error_of([&] { source->next_unit(); });
    CHECK_FALSE(first.empty());
    CHECK(error_of([&] { source->next_unit(); }) == first);
  }
}
