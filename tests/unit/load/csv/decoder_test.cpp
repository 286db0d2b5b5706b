#include <catch2/catch_test_macros.hpp>

#include "csv_support.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

const std::optional<std::string> null;
using Rows = std::vector<Row>;

Decoded decode_types(const std::string& bytes, const std::vector<SqlType>& types) {
  return decode_all(*open_source(bytes, without_header()), plan_of(types));
}

/// The only reject of a one-column input.
Reject reject_of(const SqlType& type, const std::string& field) {
  Decoded decoded = decode_types(field + "\n", {type});
  REQUIRE(decoded.rows.empty());
  REQUIRE(decoded.rejects.size() == 1);
  CHECK(decoded.rejects[0].raw == field);
  CHECK(decoded.rejects[0].column == "c1");
  CHECK_FALSE(decoded.rejects[0].reason.empty());
  return decoded.rejects[0];
}

void check_reject(const SqlType& type, const std::string& field, const std::string& code, const std::string& sqlstate) {
  INFO(field);
  const Reject reject = reject_of(type, field);
  CHECK(reject.code == code);
  CHECK(reject.sqlstate == sqlstate);
}

}  // namespace

TEST_CASE("fields follow PostgreSQL's CSV", "[csv]") {
  CHECK(decode_text("a,b\n", 2).rows == Rows{{"a", "b"}});
  CHECK(decode_text(",\n", 2).rows == Rows{{null, null}});
  CHECK(decode_text("\"\",\n", 2).rows == Rows{{"", null}});
  CHECK(decode_text("\"a,b\",\"c\nd\"\n", 2).rows == Rows{{"a,b", "c\nd"}});
  CHECK(decode_text("\"a\"\"b\",\"\"\"\"\n", 2).rows == Rows{{"a\"b", "\""}});
  CHECK(decode_text("a\"b,c\"d,e\n", 2).rows == Rows{{"ab,cd", "e"}});  // a quote toggles anywhere
  CHECK(decode_text("\"a\"b\"c\",d\n", 2).rows == Rows{{"abc", "d"}});
  CHECK(decode_text(" a , \"b\" \n", 2).rows == Rows{{" a ", " b "}});
  CHECK(decode_text("a\"\",b\n", 2).rows == Rows{{"a", "b"}});
  CHECK(decode_text("\"\"\"\"\"\",b\n", 2).rows == Rows{{"\"\"", "b"}});
  CHECK(decode_text("\\.\n\\.,\n", 1).rows == Rows{{"\\."}});  // data, and then a record of two columns
  CHECK(decode_text("a\\,b\n", 2).rows == Rows{{"a\\", "b"}});
}

TEST_CASE("an empty line is a record with one empty field", "[csv]") {
  CHECK(decode_text("a\n\nb\n", 1).rows == Rows{{"a"}, {null}, {"b"}});
  CHECK(decode_text("\n", 1).rows == Rows{{null}});
  CHECK(decode_text("\r\n\r\n", 1).rows == Rows{{null}, {null}});
  const Decoded two = decode_text("a,b\n\nc,d\n", 2);
  CHECK(two.rows == Rows{{"a", "b"}, {"c", "d"}});
  REQUIRE(two.rejects.size() == 1);
  CHECK(two.rejects[0].code == "wrong_column_count");
  CHECK(two.rejects[0].reason == "expected 2 columns, found 1 (the line is empty)");
}

TEST_CASE("a field with a quote in it is never NULL", "[csv]") {
  CsvOptions options = without_header();
  options.nulls = {"", "NULL", "\\N", "n/a"};
  CHECK(decode_text("NULL,\\N,n/a,\n", 4, options).rows == Rows{{null, null, null, null}});
  CHECK(decode_text("\"NULL\",N\"ULL\",\"\\N\",\"\"\n", 4, options).rows == Rows{{"NULL", "NULL", "\\N", ""}});
  CHECK(decode_text("null,NULL ,x,\n", 4, options).rows == Rows{{"null", "NULL ", "x", null}});
  options.nulls = {"NULL"};
  CHECK(decode_text(",NULL\n", 2, options).rows == Rows{{"", null}});
  options.nulls = {};
  CHECK(decode_text(",NULL\n", 2, options).rows == Rows{{"", "NULL"}});
}

TEST_CASE("other delimiters and quotes", "[csv]") {
  CsvOptions options = without_header();
  options.delimiter = '\t';
  options.quote = '\'';
  CHECK(decode_text("a,b\t'c\td'\t'e''f'\t\"g\"\n", 4, options).rows == Rows{{"a,b", "c\td", "e'f", "\"g\""}});
}

TEST_CASE("columns are taken, skipped and reordered as the plan says", "[csv]") {
  DecodePlan plan;
  plan.source_columns = 4;
  plan.targets = {{"last", SqlType::of(TypeKind::text), 3, false, false},
                  {"first", SqlType::of(TypeKind::integer), 0, false, false},
                  {"again", SqlType::of(TypeKind::text), 3, false, false}};
  const Decoded decoded = decode_all(*open_source("1,\"x\"\"\",\xff,\"d\"\"e\"\n2,y,z,w\n", without_header()), plan);
  CHECK(decoded.rows == Rows{{"d\"e", "1", "d\"e"}, {"w", "2", "w"}});
  CHECK(decoded.rejects.empty());
  plan.targets.clear();
  const Decoded none = decode_all(*open_source("1,2,3,4\n1,2\n", without_header()), plan);
  CHECK(none.src_rows == std::vector<std::int64_t>{1});
  CHECK(none.rejects.size() == 1);
}

TEST_CASE("bad values are rejects with column, code and SQLSTATE", "[csv]") {
  check_reject(SqlType::of(TypeKind::integer), "abc", "invalid_syntax", "22P02");
  check_reject(SqlType::of(TypeKind::integer), "\"a\"\"b\"", "invalid_syntax", "22P02");
  check_reject(SqlType::of(TypeKind::smallint), "40000", "out_of_range", "22003");
  check_reject(SqlType::decimal(5, 2), "12345.6", "precision_exceeded", "22003");
  check_reject(SqlType::varchar(3), "abcd", "too_long", "22001");
  check_reject(SqlType::of(TypeKind::date), "2023-02-30", "no_such_date", "22008");
  check_reject(SqlType::of(TypeKind::date), "soon", "invalid_syntax", "22007");
  check_reject(SqlType::of(TypeKind::text), "a\xff", "invalid_utf8", "22021");
  check_reject(SqlType::of(TypeKind::text), std::string("a\0b", 3), "nul_byte", "22021");
  CHECK(contains(reject_of(SqlType::of(TypeKind::integer), "\"a\"\"b\"").reason, "a\"b"));
}

TEST_CASE("a NULL in a key or NOT NULL column is a reject", "[csv]") {
  DecodePlan plan = text_plan(3);
  plan.targets[0].key = plan.targets[0].not_null = true;
  plan.targets[2].not_null = true;
  const Decoded decoded = decode_all(*open_source("a,b,c\n,b,c\na,,c\na,b,\n,,\n\"\",,\"\"\n", without_header()), plan);
  CHECK(decoded.src_rows == std::vector<std::int64_t>{1, 3, 6});
  REQUIRE(decoded.rejects.size() == 3);
  CHECK(decoded.rejects[0].code == "null_in_key");
  CHECK(decoded.rejects[0].column == "c1");
  CHECK(decoded.rejects[1].code == "null_not_allowed");
  CHECK(decoded.rejects[1].column == "c3");
  CHECK(decoded.rejects[2].code == "null_in_key");
  for (const Reject& reject : decoded.rejects) CHECK(reject.sqlstate == "23502");
}

TEST_CASE("rejects name position and raw record; only the first bad column counts", "[csv]") {
  const std::string input =
      "1,2020-01-01,\"a\nb\"\n"
      "x,y,\"c\nd\"\n"
      "3,2020-01-03\n"
      "4,2020-13-01,e\n"
      "5,2020-01-05,f,g";
  const Decoded decoded =
      decode_types(input, {SqlType::of(TypeKind::integer), SqlType::of(TypeKind::date), SqlType::of(TypeKind::text)});
  CHECK(decoded.rows == Rows{{"1", "2020-01-01", "a\nb"}});
  REQUIRE(decoded.rejects.size() == 4);
  const std::vector<Reject>& r = decoded.rejects;
  CHECK((r[0].src_row == 2 && r[0].line == 3 && r[0].byte_offset == 19 && r[0].column == "c1" && r[0].raw == "x,y,\"c\nd\""));
  CHECK((r[1].src_row == 3 && r[1].line == 5 && r[1].code == "wrong_column_count" && r[1].raw == "3,2020-01-03"));
  CHECK(r[1].reason == "expected 3 columns, found 2");
  CHECK((r[2].src_row == 4 && r[2].line == 6 && r[2].column == "c2" && r[2].raw == "4,2020-13-01,e"));
  CHECK((r[3].src_row == 5 && r[3].line == 7 && r[3].code == "wrong_column_count" && r[3].raw == "5,2020-01-05,f,g"));
}

TEST_CASE("rejects come in the order of records, whatever the stripe and batch", "[csv]") {
  std::string input;
  for (int i = 0; i < 3000; ++i) input += i % 3 == 0 ? "bad,1\n" : i % 5 == 0 ? "1\n" : "1,2\n";
  for (const std::int64_t batch_rows : {1, 10, 1000, 5000}) {
    DecodePlan plan = plan_of({SqlType::of(TypeKind::bigint), SqlType::of(TypeKind::bigint)});
    plan.batch_rows = batch_rows;
    const Decoded decoded = decode_all(*open_source(input, without_header()), plan);
    REQUIRE(decoded.rows.size() + decoded.rejects.size() == 3000);
    CHECK(decoded.rejects.size() == 1400);
    CHECK(std::is_sorted(decoded.src_rows.begin(), decoded.src_rows.end()));
    for (const Reject& reject : decoded.rejects) REQUIRE(reject.line == reject.src_row);
    for (std::size_t i = 1; i < decoded.rejects.size(); ++i) REQUIRE(decoded.rejects[i - 1].src_row < decoded.rejects[i].src_row);
  }
}

TEST_CASE("one dirty byte does not spoil the other rows of the batch", "[csv]") {
  const Decoded decoded = decode_text("ok\n\xc3\xa9\n\xc3\n\xe2\x82\xac\n", 1);
  CHECK(decoded.rows == Rows{{"ok"}, {"\xc3\xa9"}, {"\xe2\x82\xac"}});
  REQUIRE(decoded.rejects.size() == 1);
  CHECK(decoded.rejects[0].src_row == 3);
}

TEST_CASE("long fields pass, quoted or not", "[csv]") {
  const std::string plain(10 << 20, 'x');
  std::string quotes;
  for (int i = 0; i < 100'000; ++i) quotes += "a\"\"\n,";
  std::string unquoted;
  for (int i = 0; i < 100'000; ++i) unquoted += "a\"\n,";
  const Decoded decoded = decode_text(plain + ",\"" + plain + "\",\"" + quotes + "\"\n1,2,3\n", 3);
  REQUIRE(decoded.rows.size() == 2);
  CHECK((decoded.rows[0] == Row{plain, plain, unquoted}));
  CHECK((decoded.rows[1] == Row{"1", "2", "3"}));
}

TEST_CASE("1600 columns", "[csv]") {
  std::string line, quoted;
  for (int i = 0; i < 1600; ++i) {
    line += (i ? "," : "") + std::to_string(i);
    quoted += (i ? ",\"" : "\"") + std::to_string(i) + "\"";
  }
  std::string input;
  for (int i = 0; i < 100; ++i) input += (i % 2 ? line : quoted) + "\n";
  DecodePlan plan = plan_of(std::vector<SqlType>(1600, SqlType::of(TypeKind::integer)));
  const Decoded decoded = decode_all(*open_source(input + line + ",1\n", without_header()), plan);
  REQUIRE(decoded.rows.size() == 100);
  REQUIRE(decoded.rejects.size() == 1);
  CHECK(decoded.rejects[0].reason == "expected 1600 columns, found 1601");
  for (const Row& row : decoded.rows) REQUIRE((row[0] == "0" && row[799] == "799" && row[1599] == "1599"));
}

TEST_CASE("batches hold at most batch_rows rows and start empty", "[csv]") {
  std::string input;
  for (int i = 0; i < 10; ++i) input += std::to_string(i) + "\n";
  const std::unique_ptr<Source> source = open_source(input, without_header());
  DecodePlan plan = plan_of({SqlType::of(TypeKind::bigint)});
  plan.batch_rows = 4;
  const std::unique_ptr<UnitDecoder> decoder = source->make_decoder(plan);
  const std::optional<Unit> unit = source->next_unit();
  RecordBatch batch;
  std::vector<Reject> rejects;
  for (int round = 0; round < 2; ++round) {  // a unit can be decoded again
    decoder->start(*unit);
    std::vector<std::size_t> sizes;
    while (decoder->next(batch, rejects)) sizes.push_back(batch.rows());
    CHECK(sizes == std::vector<std::size_t>{4, 4, 2});
    CHECK(batch.rows() == 0);
    CHECK_FALSE(decoder->next(batch, rejects));
  }
}

TEST_CASE("a batch may be empty although more follows", "[csv]") {
  const std::unique_ptr<Source> source = open_source("x\ny\n1\n", without_header());
  DecodePlan plan = plan_of({SqlType::of(TypeKind::integer)});
  plan.batch_rows = 2;
  const std::unique_ptr<UnitDecoder> decoder = source->make_decoder(plan);
  const std::optional<Unit> unit = source->next_unit();
  RecordBatch batch;
  std::vector<Reject> rejects;
  decoder->start(*unit);
  CHECK(decoder->next(batch, rejects));
  CHECK(batch.rows() == 0);
  CHECK(rejects.size() == 2);
  CHECK(decoder->next(batch, rejects));
  CHECK(batch.rows() == 1);
  CHECK(batch.src_rows() == std::vector<std::int64_t>{3});
  CHECK_FALSE(decoder->next(batch, rejects));
}

TEST_CASE("locate finds records in any order", "[csv]") {
  CsvOptions options = without_header();
  options.first_unit_bytes = 10;
  const std::unique_ptr<Source> source = open_source("1\n2\n3\n4\n5\n\"a\r\n\nb\"\n7\n\n9", options);
  source->next_unit();
  const std::optional<Unit> unit = source->next_unit();
  REQUIRE(unit);
  REQUIRE(unit->first_src_row == 6);
  const std::unique_ptr<UnitDecoder> decoder = source->make_decoder(text_plan(1));
  CHECK_THROWS_AS(decoder->locate(6), Error);
  decoder->start(*unit);
  for (const std::int64_t row : {9, 6, 7, 8, 8, 6, 9}) {
    const Reject found = decoder->locate(row);
    CHECK(found.src_row == row);
    CHECK(found.raw == (row == 6 ? "\"a\r\n\nb\"" : row == 7 ? "7" : row == 8 ? "" : "9"));
    CHECK(found.line == (row == 6 ? 6 : row + 2));
    CHECK(found.byte_offset == (row == 6 ? 10 : row == 7 ? 18 : row == 8 ? 20 : 21));
  }
  CHECK_THROWS_AS(decoder->locate(5), Error);
  CHECK_THROWS_AS(decoder->locate(10), Error);
}

TEST_CASE("a unit whose count does not fit its bytes is an internal error, not a silent loss", "[csv]") {
  const std::unique_ptr<Source> source = open_source("1\n2\n", without_header());
  Unit unit = *source->next_unit();
  unit.rows = 3;
  Decoded decoded;
  CHECK_THROWS_AS(decode_unit(*source->make_decoder(text_plan(1)), unit, decoded), Error);
}

TEST_CASE("plans that cannot work are refused", "[csv]") {
  const std::unique_ptr<Source> source = open_source("1\n", without_header());
  DecodePlan plan = text_plan(1);
  plan.targets[0].source = 1;
  CHECK_THROWS_AS(source->make_decoder(plan), Error);
  plan = text_plan(1);
  plan.batch_rows = 0;
  CHECK_THROWS_AS(source->make_decoder(plan), Error);
}
