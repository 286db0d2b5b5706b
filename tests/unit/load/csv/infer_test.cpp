#include <catch2/catch_test_macros.hpp>

#include "csv_support.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

std::string type_of(const std::vector<std::string>& values) {
  std::string input = "v,other\n";
  for (const std::string& value : values) input += value + ",x\n";
  return to_string(infer_columns(*open_source(input, {}), {})[0].type);
}

}  // namespace

TEST_CASE("types are the narrowest that lose nothing", "[csv]") {
  CHECK(type_of({"true", "f", "", "FALSE"}) == "boolean");
  CHECK(type_of({"1", "0", "-5", ""}) == "bigint");
  CHECK(type_of({"9223372036854775807"}) == "bigint");
  CHECK(type_of({"9223372036854775808"}) == "decimal(19,0)");
  CHECK(type_of({"1.5", "2"}) == "decimal(18,1)");
  CHECK(type_of({"0.125", "-.5", "10"}) == "decimal(18,3)");
  CHECK(type_of({"12345678901234567890.1", "0.1234"}) == "decimal(24,4)");
  CHECK(type_of({"123456789012345678901234567890123456789"}) == "text");
  CHECK(type_of({"1e5", "2.5"}) == "double precision");
  CHECK(type_of({"NaN", "1.5"}) == "double precision");
  CHECK(type_of({"nan"}) == "text");
  CHECK(type_of({"1e999"}) == "text");
  CHECK(type_of({"1e5", "12345678901234567890"}) == "text");
  CHECK(type_of({"2020-01-31", ""}) == "date");
  CHECK(type_of({"2020-01-31 12:00:00", "2020-01-31"}) == "timestamp");
  CHECK(type_of({"2020-01-31 12:00:00+02", "2020-01-31T12:00:00Z"}) == "timestamp with time zone");
  CHECK(type_of({"2020-01-31 12:00:00+02", "2020-01-31 12:00:00"}) == "text");
  CHECK(type_of({"abc"}) == "text");
}

TEST_CASE("codes that look like numbers stay text", "[csv]") {
  CHECK(type_of({"007", "123"}) == "text");
  CHECK(type_of({"-01"}) == "text");
  CHECK(type_of({"00.5"}) == "text");
  CHECK(type_of({"+4912345"}) == "text");
  CHECK(type_of({"1", "x"}) == "text");
  CHECK(type_of({"1", "true"}) == "text");
  CHECK(type_of({"2020-02-30"}) == "text");
}

TEST_CASE("a column without values is text, and all columns are nullable", "[csv]") {
  CHECK(type_of({"", ""}) == "text");
  CHECK(type_of({}) == "text");
  CHECK(type_of({"\"\""}) == "text");
  const std::unique_ptr<Source> source = open_source("a,b\n1,2\n", {});
  for (const ColumnInfo& column : infer_columns(*source, {})) CHECK(column.nullable);
  CHECK(all_units(*source).size() == 1);  // the sample is still there for the load
}

TEST_CASE("records of another width do not count", "[csv]") {
  const std::vector<ColumnInfo> columns = infer_columns(*open_source("a,b\n1,2\nx\nx,y,z\n3,4\n", {}), {});
  REQUIRE(columns.size() == 2);
  CHECK(columns[0].name == "a");
  CHECK(columns[1].type.kind == TypeKind::bigint);
}

TEST_CASE("columns without names cannot be inferred", "[csv]") {
  CHECK(contains(error_of([] { infer_columns(*open_source("1\n", without_header()), without_header()); }), "name them"));
}

TEST_CASE("the longest value of a text is known", "[csv]") {
  const auto length_of = [](const std::string& input) { return infer_columns(*open_source(input, {}), {})[0].type.length; };
  CHECK(length_of("v\na\n\xc3\xa4\xc3\xb6\nab\n") == 4);   // in bytes
  CHECK(length_of("v,w\n,x\n") == 0);
  CHECK(length_of("v\n007\n") == 3);
  CHECK(length_of("v\n7\n") == 0);                             // a number
}
