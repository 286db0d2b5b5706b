#include <catch2/catch_test_macros.hpp>

#include "csv_support.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

std::vector<std::string> header_of(const std::string& bytes, CsvOptions options = {}) { return open_source(bytes, options)->columns(); }
std::string header_error(const std::string& bytes) {
  return error_of([&] { header_of(bytes); });
}

}  // namespace

TEST_CASE("the header names the columns by CSV rules", "[csv]") {
  using Names = std::vector<std::string>;
  CHECK(header_of("a,b,c\n1,2,3\n") == Names{"a", "b", "c"});
  CHECK(header_of("a") == Names{"a"});
  CHECK(header_of("a\r\n") == Names{"a"});
  CHECK(header_of("a\r") == Names{"a"});
  CHECK(header_of(" a , b\n") == Names{" a ", " b"});
  CHECK(header_of("\"a,b\",\"c\"\"d\",\"e\nf\"\n") == Names{"a,b", "c\"d", "e\nf"});
  CHECK(header_of("\xef\xbb\xbf\"a\",b\n") == Names{"a", "b"});
  CsvOptions options;
  options.delimiter = '\t';
  options.quote = '\'';
  CHECK(header_of("'a\tb'\tc\"\n", options) == Names{"a\tb", "c\""});
}

TEST_CASE("a header that cannot be used is refused", "[csv]") {
  CHECK(contains(header_error(""), "is empty and has no header"));
  CHECK(contains(header_error("\xef\xbb\xbf"), "is empty and has no header"));
  CHECK(contains(header_error("\n1\n"), "column 1 of the header has no name"));
  CHECK(contains(header_error("a,,b\n"), "column 2 of the header has no name"));
  CHECK(contains(header_error("a,b,a\n"), "column 3 of the header has the same name"));
  CHECK(contains(header_error("a,\xff\n"), "column 2 of the header is no UTF-8"));
  CHECK(contains(header_error("a,\"b\n1,2\n"), "the quote that opens on line 1 is not closed"));
}

TEST_CASE("without a header the options name the columns, or nobody does", "[csv]") {
  CsvOptions options = without_header();
  CHECK(header_of("1,2\n", options).empty());
  options.columns = {"x", "y"};
  CHECK(header_of("1,2\n", options) == options.columns);
  CHECK(header_of("", options) == options.columns);
}

TEST_CASE("positions count the byte-order mark and the header", "[csv]") {
  const std::unique_ptr<Source> source = open_source("\xef\xbb\xbf\"a\nb\",c\n1,2\n", {});
  const std::optional<Unit> unit = source->next_unit();
  REQUIRE(unit);
  CHECK(unit->byte_offset == 3 + 8);
  CHECK(unit->first_line == 3);
  CHECK(unit->first_src_row == 1);
  CHECK(unit->rows == 1);
  CHECK(*unit->bytes == "1,2\n");
  CHECK_FALSE(source->next_unit());
  CHECK_FALSE(source->next_unit());
}

TEST_CASE("a byte-order mark further on is data", "[csv]") {
  const Decoded decoded = decode_text("\xef\xbb\xbf\xef\xbb\xbf" "a\n", 1);
  CHECK(decoded.rows == std::vector<Row>{{"\xef\xbb\xbf" "a"}});
}

TEST_CASE("peeked units are handed out again", "[csv]") {
  std::string input = "n\n";
  for (int i = 0; i < 1000; ++i) input += std::to_string(i) + "\n";
  CsvOptions options;
  options.unit_bytes = options.first_unit_bytes = 500;
  const std::size_t total = all_units(*open_source(input, options)).size();

  const std::unique_ptr<Source> source = open_source(input, options, 10);
  CHECK(source->peek(0).empty());
  CHECK(source->peek(1).size() == 1);
  const std::vector<Unit> peeked = source->peek(1200);
  REQUIRE(peeked.size() == 3);
  CHECK(source->peek(1200).size() == 3);
  CHECK(source->peek(1).size() == 1);
  CHECK(source->rewind());  // nothing has been handed out yet, so even a pipe can
  const std::vector<Unit> units = all_units(*source);
  REQUIRE(units.size() == total);
  for (std::size_t i = 0; i < peeked.size(); ++i) CHECK(units[i].bytes == peeked[i].bytes);
  CHECK(source->peek(1000).empty());
  CHECK_FALSE(source->rewind());
}

TEST_CASE("rewind starts over from the first record", "[csv]") {
  auto source = make_csv_source(memory_stream("a\n1\n2\n"), "memory", {});
  source->open();
  const std::vector<Unit> first = all_units(*source);
  CHECK(source->rewind());
  const std::vector<Unit> second = all_units(*source);
  REQUIRE(first.size() == 1);
  REQUIRE(second.size() == 1);
  CHECK(first[0].hash == second[0].hash);
  CHECK(second[0].number == 0);
  CHECK(second[0].first_src_row == 1);
  CHECK(second[0].first_line == 2);
}

TEST_CASE("a source that is not open says so", "[csv]") {
  const auto source = make_csv_source(memory_stream(""), "memory", {});
  CHECK_THROWS_AS(source->next_unit(), Error);
  CHECK_THROWS_AS(source->peek(1), Error);
  CHECK_THROWS_AS(source->make_decoder(text_plan(1)), Error);
  CHECK(source->progress().done == 0);
}
