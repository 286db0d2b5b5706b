#include <catch2/catch_test_macros.hpp>

#include "csv_support.hpp"

using namespace millrace;

namespace {

template <class Change> bool refused(Change change) {
  CsvOptions options;
  change(options);
  try {
    options.validate();
  } catch (const Error& error) {
    return error.code() == ErrorCode::config;
  }
  return false;
}

}  // namespace

TEST_CASE("options that cannot work are refused", "[csv]") {
  CHECK_FALSE(refused([](CsvOptions&) {}));
  CHECK_FALSE(refused([](CsvOptions& o) { o.delimiter = '\t', o.quote = '\'', o.nulls = {"", "NULL", "\\N"}; }));
  CHECK_FALSE(refused([](CsvOptions& o) { o.header = false, o.columns = {"a", "b"}; }));
  CHECK(refused([](CsvOptions& o) { o.quote = ','; }));
  CHECK(refused([](CsvOptions& o) { o.delimiter = '\n'; }));
  CHECK(refused([](CsvOptions& o) { o.delimiter = '\r'; }));
  CHECK(refused([](CsvOptions& o) { o.delimiter = '\0'; }));
  CHECK(refused([](CsvOptions& o) { o.quote = '\n'; }));
  CHECK(refused([](CsvOptions& o) { o.delimiter = '\xe9'; }));
  CHECK(refused([](CsvOptions& o) { o.nulls = {"a,b"}; }));
  CHECK(refused([](CsvOptions& o) { o.nulls = {"\"\""}; }));
  CHECK(refused([](CsvOptions& o) { o.nulls = {"\n"}; }));
  CHECK(refused([](CsvOptions& o) { o.unit_bytes = 0; }));
  CHECK(refused([](CsvOptions& o) { o.unit_bytes = INT64_MAX; }));
  CHECK(refused([](CsvOptions& o) { o.first_unit_bytes = -1; }));
  CHECK(refused([](CsvOptions& o) { o.max_record_bytes = 0; }));
  CHECK(refused([](CsvOptions& o) { o.unit_rows = -1; }));
  CHECK(refused([](CsvOptions& o) { o.columns = {"a"}; }));
  CHECK(refused([](CsvOptions& o) { o.header = false, o.columns = {"a", "a"}; }));
  CHECK(refused([](CsvOptions& o) { o.header = false, o.columns = {""}; }));
}
