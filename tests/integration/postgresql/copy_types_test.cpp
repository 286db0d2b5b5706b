// What arrives through COPY, against what the server's own input functions make of the same texts.

#include "integration/postgresql/support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct TypeCase {
  const char* type;
  std::vector<const char*> texts;
};

const std::vector<TypeCase>& type_cases() {
  static const std::vector<TypeCase> cases{
      {"boolean", {"true", "false"}},
      {"smallint", {"-32768", "32767", "0"}},
      {"integer", {"-2147483648", "2147483647"}},
      {"bigint", {"-9223372036854775808", "9223372036854775807"}},
      {"real", {"1.5", "-0.1", "3.4028235e38", "1e-45", "NaN", "Infinity"}},
      {"double precision", {"0.1", "-1.7976931348623157e308", "5e-324", "NaN", "-Infinity", "-0"}},
      {"numeric(15,2)", {"0", "-0.01", "9999999999999.99", "12345.67"}},
      {"numeric(38,10)", {"9999999999999999999999999999.9999999999", "-0.0000000001", "100000000"}},
      {"numeric(38,0)", {"99999999999999999999999999999999999999", "-10000"}},
      {"numeric(5,5)", {"0.99999", "0.00001"}},
      {"numeric", {"1e100", "-123456789012345678901234567890123456789012345678901234567890.123456789", "1.500", "NaN", "0.000", "1e-30"}},
      {"numeric(60,2)", {"123456789012345678901234567890123456789012345678901234567.885"}},
      {"numeric(6,-2)", {"123456", "-49"}},
      {"character(5)", {"ab", "äöü", ""}},
      {"character varying(10)", {"x", "0123456789", ""}},
      {"text", {"plain", "tab\there", "line\nfeed", "back\\slash", "\\N", "\\.", "ünïcödé €", ""}},
      {"bytea", {"\\x00ff10", "\\x", "\\x5c78"}},
      {"date", {"0001-01-01", "1999-12-31", "2000-01-01", "2024-02-29", "9999-12-31"}},
      {"time", {"00:00:00", "23:59:59.999999", "24:00:00"}},
      {"timestamp", {"0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2000-01-01 00:00:00", "9999-12-31 23:59:59.999999"}},
      {"timestamp(3)", {"2024-01-01 00:00:00.123456"}},
      {"timestamptz", {"2024-07-01 12:00:00+05:30", "1900-01-01 00:00:00Z"}},
      {"uuid", {"00112233-4455-6677-8899-aabbccddeeff"}},
      {"json", {"{\"b\":1, \"a\": [1,2]}", "null"}},
      {"jsonb", {"{\"b\":1, \"a\": [1,2]}", "\"x\\ty\""}},
      {"short_code", {"AB", "CD"}},
      {"document", {"{\"k\": \"v\"}"}},
      {"inet", {"10.0.0.1", "::1/64"}},
      {"mood", {"happy", "not so \\ well"}},
      {"integer[]", {"{1,NULL,3}", "{}"}},
      {"interval", {"1 day 02:00:00", "-3 mons"}},
  };
  return cases;
}

std::string literal(const char* text) {
  std::string out = "'";
  for (const char* c = text; *c; ++c) out += *c == '\'' ? std::string("''") : std::string(1, *c);
  return out + "'";
}

std::string texts_of(Connection& connection, const std::string& table) {
  return connection.query_value("SELECT string_agg(n || '=' || COALESCE(v::text, 'NULL'), ' | ' ORDER BY n) FROM " + table).as<std::string>();
}

// Loads the texts of a type through a writer, with a column that decides the format beside them, and compares.
void compare(const Workspace& workspace, Connection& connection, const TypeCase& type_case, const std::string& beside) {
  INFO(type_case.type << " beside " << beside);
  connection.execute("CREATE TABLE loaded (n integer, beside " + beside + ", v " + type_case.type + ")");
  connection.execute("CREATE TABLE expected (LIKE loaded)");
  std::vector<std::vector<const char*>> rows{{"0", nullptr, nullptr}};
  std::string insert = "INSERT INTO expected VALUES (0, NULL, NULL)";
  std::vector<std::string> numbers;
  for (std::size_t i = 1; i <= type_case.texts.size(); ++i) numbers.push_back(std::to_string(i));
  for (std::size_t i = 0; i < type_case.texts.size(); ++i) {
    rows.push_back({numbers[i].c_str(), nullptr, type_case.texts[i]});
    insert += ", (" + numbers[i] + ", NULL, " + literal(type_case.texts[i]) + ")";
  }
  connection.execute(insert);

  const TableInfo info = connection.describe(workspace.table("loaded"));
  auto writer = connection.open_writer(info.name, info.columns);
  writer->write(batch_of(info.columns, rows));
  CHECK(writer->finish().rows == static_cast<std::int64_t>(rows.size()));
  CHECK(texts_of(connection, "loaded") == texts_of(connection, "expected"));
  connection.execute("DROP TABLE loaded, expected");
}

}  // namespace

TEST_CASE("every type arrives as the server reads it, in binary and in text") {
  const Workspace workspace(shared_server());
  workspace.psql("CREATE TYPE mood AS ENUM ('happy', 'not so \\ well'); CREATE DOMAIN short_code AS varchar(2); CREATE DOMAIN document AS jsonb");
  const auto connection = workspace.connect();
  for (const TypeCase& type_case : type_cases()) {
    compare(workspace, *connection, type_case, "integer");  // binary, unless the type itself has no binary form here
    compare(workspace, *connection, type_case, "inet");     // text
  }
}

TEST_CASE("what a query returns is what was bound, for every kind of value") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const std::vector<std::pair<const char*, Value>> values{
      {"boolean", true}, {"boolean", false}, {"smallint", 7}, {"bigint", std::int64_t{-9'000'000'000}}, {"double precision", 0.1}, {"real", 1.5},
      {"numeric", Decimal{-12345, 3}}, {"numeric(38,0)", Decimal::parse("99999999999999999999999999999999999999")},
      {"text", "it's ? :name \\ $1"}, {"varchar(10)", ""}, {"date", make_date(2024, 2, 29)}, {"time", TimeOfDay{1}},
      {"timestamp", Timestamp{-1}}, {"timestamptz", TimestampTz{1'700'000'000'123'456}}, {"bytea", Bytes{std::byte{0}, std::byte{92}}},
      {"uuid", Uuid{{1, 2, 3}}}};
  for (const auto& [type, value] : values) {
    INFO(type);
    const std::string sql = std::string("SELECT CAST(? AS ") + type + ") AS v";
    const ResultSet result = connection->query(sql, {value});
    REQUIRE(result.size() == 1);
    CHECK(result[0]["v"] == value);
    CHECK(connection->query_value(sql, {Value()}).is_null());
  }
}
