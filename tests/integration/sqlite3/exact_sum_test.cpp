#include "integration/sqlite3/support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string sum_of(const std::string& declared, const SqlType& type, const std::string& values) {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE t(\"a\"\"b\" " + declared + ")");
  if (!values.empty()) connection->execute("INSERT INTO t VALUES " + values);
  return dump(*connection, "SELECT " + connection->dialect().sum_expression("a\"b", type) + " FROM t");
}

}  // namespace

TEST_CASE("sums are exact for every way in which a number is stored") {
  const SqlType money = SqlType::decimal(15, 2), bigint = SqlType::of(TypeKind::bigint);
  CHECK(sum_of("DECIMAL(15,2)", money, "(0.1), (0.2), (12), ('9999999999999.99'), (-0.05), (NULL)") == "10000000000012.24");
  CHECK(sum_of("BIGINT", bigint, "(9223372036854775807), (9223372036854775807), (1)") == "18446744073709551615");
  CHECK(sum_of("BIGINT", bigint, "(-9223372036854775808), (-9223372036854775808)") == "-18446744073709551616");
  const std::string nines(38, '9');
  CHECK(sum_of("TEXT", SqlType::decimal(38, 0), "('" + nines + "'), ('" + nines + "')") == "1" + std::string(37, '9') + "8");
  CHECK(sum_of("DECIMAL_TEXT(38,38)", SqlType::decimal(38, 38), "('0." + nines + "'), ('0." + std::string(37, '0') + "1')") == "1." + std::string(38, '0'));
  CHECK(sum_of("DECIMAL(15,15)", SqlType::decimal(15, 15), "(0.123456789012345), (0.000000000000005)") == "0.123456789012350");
}

TEST_CASE("the sum over no values is NULL, over zeros 0 with its scale") {
  CHECK(sum_of("DECIMAL(15,2)", SqlType::decimal(15, 2), "") == "NULL");
  CHECK(sum_of("DECIMAL(15,2)", SqlType::decimal(15, 2), "(NULL)") == "NULL");
  CHECK(sum_of("DECIMAL(15,2)", SqlType::decimal(15, 2), "(0)") == "0.00");
}

TEST_CASE("a value that is no exact number fails the sum instead of bending it") {
  const auto fails = [](const std::string& value) {
    return !error_of([&] { sum_of("BLOB", SqlType::decimal(15, 2), "(1), (" + value + ")"); }).message.empty();
  };
  CHECK(fails("'abc'"));
  CHECK(fails("''"));
  CHECK(fails("0.125"));
  CHECK(fails("'0.125'"));
  CHECK(fails("1e15"));
  CHECK(fails("9e999"));
  CHECK(fails("x'31'"));
  CHECK(fails("'0x10'"));
}

TEST_CASE("a sum of two million decimals does not drift") {
  const auto connection = open_memory();
  CHECK(dump(*connection, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT millrace_exact_sum(0.01, 2) FROM n") == "20000.00");
}
