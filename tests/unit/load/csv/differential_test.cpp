#include <catch2/catch_test_macros.hpp>

#include <random>

#include "csv_support.hpp"
#include "reference_csv.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

struct Case {
  std::string input;
  CsvOptions options = without_header();
  int columns = 1;
  std::int64_t batch_rows = 1;
  std::size_t step = 1;
};

std::string random_input(std::mt19937_64& random, const std::vector<std::string>& alphabet, std::size_t most) {
  std::string input;
  const std::size_t pieces = random() % most;
  for (std::size_t i = 0; i < pieces; ++i) input += alphabet[random() % alphabet.size()];
  return input;
}

Case random_case(std::uint64_t seed) {
  static const std::vector<std::vector<std::string>> kAlphabets = {
      {",", "\"", "\n", "a", " ", "\xc3\xa9"},
      {",", "\"", "\r\n", "a", "\xe2\x82\xac", "b"},
      {",", "\"", "\r", "a", " ", "\xf0\x9f\x98\x80"},
      {",", "\"", "\n", "\r", "\r\n", "a"},
      {",", ",", "\n", "a", "bc", "\"\"", "\"x\"", "\"\n\""},
      {",", "\r\n", "abcdefghijklmnopqrstuvwxyz", "\"\r\n\"", "\"\"\"\"", "\"a,b\""},
      {",", "\n", "a", "abcdefghijklmnopqrstuvwxyz0123456789", "\"", "\""},
  };
  std::mt19937_64 random(seed);
  Case test;
  const bool long_input = seed % 16 == 0;
  test.input = random_input(random, kAlphabets[random() % kAlphabets.size()], long_input ? 20'000 : 300);
  test.options.unit_bytes = 1 + static_cast<std::int64_t>(random() % (long_input ? 5000 : 200));
  test.options.first_unit_bytes = 1 + static_cast<std::int64_t>(random() % 100);
  test.options.unit_rows = random() % 3 == 0 ? 1 + static_cast<std::int64_t>(random() % 20) : 0;
  test.columns = 1 + static_cast<int>(random() % 3);
  test.batch_rows = 1 + static_cast<std::int64_t>(random() % (random() % 2 ? 3 : 300));
  test.step = random() % 2 ? 1 + random() % 100 : SIZE_MAX;
  return test;
}

/// Compares everything of a record, whether it became a row or a reject. False on the first difference.
bool same_record(const Decoded& decoded, std::size_t& row, std::size_t& reject, const ReferenceRecord& expected, std::int64_t src_row, int columns) {
  if (expected.fields.size() == static_cast<std::size_t>(columns)) {
    const std::size_t at = row++;
    return at < decoded.rows.size() && decoded.rows[at] == expected.fields && decoded.src_rows[at] == src_row;
  }
  const std::size_t at = reject++;
  if (at >= decoded.rejects.size()) return false;
  const Reject& got = decoded.rejects[at];
  return got.src_row == src_row && got.line == expected.line && got.byte_offset == static_cast<std::int64_t>(expected.offset) &&
         got.raw == expected.raw && got.code == "wrong_column_count" && got.column.empty() && got.sqlstate == "22P04";
}

/// What is wrong, or nothing.
std::string check(const Case& test) {
  const ReferenceResult expected = reference_read(test.input);
  Decoded decoded;
  std::int64_t counted = 0;
  std::int64_t next_offset = 0;
  bool fault = false;
  try {
    const std::unique_ptr<Source> source = open_source(test.input, test.options, test.step);
    DecodePlan plan = text_plan(test.columns);
    plan.batch_rows = test.batch_rows;
    const std::unique_ptr<UnitDecoder> decoder = source->make_decoder(plan);
    while (const std::optional<Unit> unit = source->next_unit()) {
      if (unit->first_src_row != counted + 1 || unit->byte_offset != next_offset) return "units do not follow each other";
      if (unit->rows < 1 || *unit->bytes != test.input.substr(static_cast<std::size_t>(next_offset), static_cast<std::size_t>(unit->byte_length))) {
        return "a unit holds other bytes than the input";
      }
      if (unit->first_line != expected.records.at(static_cast<std::size_t>(counted)).line) return "wrong first line";
      counted += unit->rows;
      next_offset += unit->byte_length;
      decode_unit(*decoder, *unit, decoded);
      const std::int64_t wanted = unit->first_src_row + unit->rows / 2;
      const Reject located = decoder->locate(wanted);
      const ReferenceRecord& record = expected.records.at(static_cast<std::size_t>(wanted - 1));
      if (located.raw != record.raw || located.line != record.line || located.byte_offset != static_cast<std::int64_t>(record.offset)) return "locate";
    }
  } catch (const DataError&) {
    fault = true;
  }
  if (fault != expected.fault) return fault ? "a fault where there is none" : "a fault was not seen";
  if (!fault && counted != static_cast<std::int64_t>(expected.records.size())) return "wrong number of records";
  if (!fault && next_offset != static_cast<std::int64_t>(test.input.size())) return "units do not cover the input";
  if (static_cast<std::int64_t>(decoded.rows.size() + decoded.rejects.size()) != counted) return "rows + rejects != records";
  std::size_t row = 0, reject = 0;
  for (std::int64_t i = 0; i < counted; ++i) {
    if (!same_record(decoded, row, reject, expected.records[static_cast<std::size_t>(i)], i + 1, test.columns)) {
      return "record " + std::to_string(i + 1) + " differs";
    }
  }
  return {};
}

}  // namespace

TEST_CASE("random inputs mean what the reference reader says, whatever the unit, batch and read sizes", "[csv]") {
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    const Case test = random_case(seed);
    const std::string wrong = check(test);
    if (wrong.empty()) continue;
    INFO("seed " << seed << ", columns " << test.columns << ", unit " << test.options.unit_bytes << ", step " << test.step);
    if (test.input.size() < 400) INFO("input: " << test.input);
    REQUIRE(wrong == "");
  }
}

TEST_CASE("no record is lost around block, unit and batch boundaries", "[csv]") {
  for (const std::string line_end : {"\n", "\r\n", "\r"}) {
    for (const bool final_line_end : {true, false}) {
      for (const std::size_t width : {1, 2, 7, 31, 62, 63, 64, 65, 66, 127, 128, 129}) {
        for (const std::size_t count : {0, 1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129}) {
          std::string input;
          for (std::size_t i = 0; i < count; ++i) input += std::string(width, static_cast<char>('a' + i % 26)) + line_end;
          if (!final_line_end && count > 0) input.resize(input.size() - line_end.size());
          for (const std::int64_t unit_bytes : {1, 63, 64, 65, 128, 100'000}) {
            CsvOptions options = without_header();
            options.unit_bytes = options.first_unit_bytes = unit_bytes;
            DecodePlan plan = text_plan(1);
            plan.batch_rows = 64;
            const Decoded decoded = decode_all(*open_source(input, options), plan);
            if (decoded.rows.size() == count && decoded.rejects.empty() && (count == 0 || decoded.src_rows.back() == static_cast<std::int64_t>(count))) continue;
            INFO("width " << width << ", count " << count << ", unit " << unit_bytes << ", final line end " << final_line_end);
            REQUIRE(decoded.rows.size() == count);
            REQUIRE(decoded.rejects.empty());
          }
        }
      }
    }
  }
}
