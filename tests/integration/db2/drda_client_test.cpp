// The open DRDA client against Apache Derby: statements, arrays, cursors, values, errors.

#include <catch2/catch_test_macros.hpp>

#include "integration/db2/drda_support.hpp"

using namespace millrace;
using namespace millrace::drda;
using namespace millrace::drda_test;

namespace {

using Rows = std::vector<std::vector<std::string>>;

ParameterType text_of(std::uint32_t length) { return {Kind::text, 0, 0, length}; }

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

}  // namespace

TEST_CASE("drda: the server says what it is") {
  const auto client = connect_to_new("drda_what");
  CHECK(client->server().class_name == "Apache Derby");
  CHECK(client->server().product.starts_with("CSS10"));
  CHECK(client->server().is_derby);
  CHECK(client->is_open());
}

TEST_CASE("drda: every kind of value comes back as it was written, NULLs too") {
  const auto client = connect_to_new("drda_kinds");
  client->execute_immediate("CREATE TABLE K (ID INT NOT NULL, A SMALLINT, B INT, C BIGINT, D REAL, E DOUBLE, F DECIMAL(31,10), G VARCHAR(100), H CHAR(5), "
                            "I CLOB, J BLOB, K DATE, L TIME, M TIMESTAMP, N BOOLEAN, O VARCHAR(20) FOR BIT DATA, P CHAR(3) FOR BIT DATA, Q LONG VARCHAR, R DECIMAL(5,5))");
  const auto insert = client->prepare("INSERT INTO K VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  CHECK(insert->columns().empty());
  CHECK(insert->parameter_count() == 19);
  const std::vector<ParameterType> types = {{Kind::integer}, {Kind::smallint}, {Kind::integer}, {Kind::bigint}, {Kind::real}, {Kind::double_precision},
                                            {Kind::decimal, 31, 10}, text_of(300), text_of(20), {Kind::clob}, {Kind::blob}, text_of(10), text_of(8), text_of(32),
                                            text_of(5), {Kind::bytes, 0, 0, 20}, {Kind::bytes, 0, 0, 3}, text_of(32'700), {Kind::decimal, 5, 5}};
  const std::string clob(40'000, 'c');
  const auto fill = [&](RowWriter& row, std::size_t index) {
    row.integer(static_cast<std::int64_t>(index));
    if (index == 2) {
      for (int i = 0; i < 18; ++i) row.null();
      return;
    }
    const bool high = index == 0;
    row.integer(high ? 32'767 : -32'768);
    row.integer(high ? 2'147'483'647 : -2'147'483'648LL);
    row.integer(high ? INT64_MAX : INT64_MIN);
    row.number(high ? 0.5 : -1.25e10);
    row.number(high ? 0.1 : -1e-300);
    row.decimal(high ? "123456789012345678901.0123456789" : "-0.0000000001");
    row.text(high ? "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x9a\x82" : "");
    row.text(high ? "ab" : "12345");
    row.text(high ? clob : "");
    row.bytes(high ? octets({0, 1, 0xFE, 0xFF}) : octets({}));
    row.text("2024-02-29");
    row.text("23:59:59");
    row.text(high ? "2024-02-29 13:14:15.123456" : "0001-01-01 00:00:00");
    row.text(high ? "true" : "false");
    row.bytes(octets({0x80, 0}));
    row.bytes(octets({1, 2, 3}));
    row.text(high ? "long" : "");
    row.decimal(high ? "0.00001" : "-.99999");
  };
  for (const Sqlca& sqlca : insert->execute_array(types, 3, fill)) {
    CHECK(sqlca.message == "");
    CHECK(sqlca.rows == 1);
  }
  client->commit();

  const Rows expected = {
      {"0", "32767", "2147483647", "9223372036854775807", "0.5", "0.1", "123456789012345678901.0123456789", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x9a\x82", "ab   ", clob, "0001FEFF",
       "2024-02-29", "23:59:59", "2024-02-29 13:14:15.123456000", "TRUE", "8000", "010203", "long", "0.00001"},
      {"1", "-32768", "-2147483648", "-9223372036854775808", "-1.25e+10", "-1e-300", "-0.0000000001", "", "12345", "", "", "2024-02-29", "23:59:59",
       "0001-01-01 00:00:00.000000000", "FALSE", "8000", "010203", "", "-0.99999"},
      {"2", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"}};
  CHECK(rows_of(*client, "SELECT * FROM K ORDER BY ID") == expected);

  SECTION("columns say what they are") {
    const auto query = client->prepare("SELECT * FROM K");
    const std::vector<Column>& columns = query->columns();
    REQUIRE(columns.size() == 19);
    const auto kind = [&](std::size_t i) { return columns[i].kind; };
    CHECK(columns[0].name == "ID");
    CHECK_FALSE(columns[0].nullable);
    CHECK(columns[1].nullable);
    CHECK(kind(1) == Kind::smallint);
    CHECK(kind(2) == Kind::integer);
    CHECK(kind(3) == Kind::bigint);
    CHECK(kind(4) == Kind::real);
    CHECK(kind(5) == Kind::double_precision);
    CHECK(kind(6) == Kind::decimal);
    CHECK(columns[6].precision == 31);
    CHECK(columns[6].scale == 10);
    CHECK(kind(7) == Kind::text);
    CHECK(columns[7].length == 100);
    CHECK_FALSE(columns[7].fixed_length);
    CHECK(columns[8].fixed_length);
    CHECK(kind(9) == Kind::clob);
    CHECK(kind(10) == Kind::blob);
    CHECK(kind(11) == Kind::date);
    CHECK(kind(12) == Kind::time);
    CHECK(kind(13) == Kind::timestamp);
    CHECK(kind(14) == Kind::boolean);
    CHECK(kind(15) == Kind::bytes);
    CHECK(kind(16) == Kind::bytes);
    CHECK(columns[16].fixed_length);
  }
  SECTION("numbers and bytes are read as such") {
    const auto query = client->prepare("SELECT A, C, D, E, F, N, O FROM K WHERE ID = ?");
    query->open({{Kind::integer}}, [](RowWriter& row, std::size_t) { row.integer(0); });
    REQUIRE(query->fetch());
    CHECK(query->cell(0).as_integer() == 32'767);
    CHECK(query->cell(1).as_integer() == INT64_MAX);
    CHECK(query->cell(2).as_number() == 0.5);
    CHECK(query->cell(3).as_number() == 0.1);
    CHECK(query->cell(5).as_integer() == 1);
    const auto bytes = query->cell(6).as_bytes();
    CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == octets({0x80, 0}));
    CHECK(failure_of([&] { query->cell(6).as_integer(); }).state == "07006");
    CHECK_FALSE(query->fetch());
    CHECK_FALSE(query->fetch());
  }
}

TEST_CASE("drda: a row of an array that fails does not stop the others, and says why") {
  const auto client = connect_to_new("drda_array");
  client->execute_immediate("CREATE TABLE T (ID INT NOT NULL CONSTRAINT T_KEY PRIMARY KEY, V VARCHAR(5))");
  client->execute_immediate("INSERT INTO T VALUES (3, 'old')");
  client->commit();
  const auto insert = client->prepare("INSERT INTO T VALUES (?, ?)");
  constexpr std::size_t kRows = 5'001;  // three chains
  const auto results = insert->execute_array({{Kind::integer}, text_of(10)}, kRows, [](RowWriter& row, std::size_t index) {
    row.integer(index == 4'999 ? std::int64_t{1} << 40 : static_cast<std::int64_t>(index));
    row.text(index == 5 ? "too long" : index == 6 ? "not even declared" : "ok");
  });
  REQUIRE(results.size() == kRows);
  std::size_t failed = 0;
  for (const Sqlca& sqlca : results) failed += sqlca.failed() ? 1 : 0;
  CHECK(failed == 4);
  CHECK(results[3].state == "23505");
  CHECK(results[3].message.find("'T_KEY'") != std::string::npos);
  CHECK(results[3].message.find("'T'") != std::string::npos);
  CHECK(results[5].state == "22001");
  CHECK(results[5].message.find("too long") != std::string::npos);
  CHECK(results[6].state == "22001");     // the client's own checks: nothing of the row was sent
  CHECK(results[4'999].state == "22003");
  CHECK(results[4'999].message == "parameter 1: 1099511627776 does not fit into INTEGER");
  CHECK(results[4].rows == 1);
  client->commit();
  CHECK(value_of(*client, "SELECT COUNT(*) FROM T") == "4998");
}

TEST_CASE("drda: an array whose last or only rows can not be encoded is ended properly") {
  const auto client = connect_to_new("drda_array_end");
  client->execute_immediate("CREATE TABLE T (ID INT)");
  client->commit();
  const auto insert = client->prepare("INSERT INTO T VALUES (?)");
  const std::vector<ParameterType> types = {{Kind::integer}};
  const auto too_large_from = [](std::size_t first) {
    return [first](RowWriter& row, std::size_t index) { row.integer(index >= first ? INT64_MAX : static_cast<std::int64_t>(index)); };
  };
  CHECK(insert->execute_array(types, 3, too_large_from(0))[2].state == "22003");
  CHECK(insert->execute_array(types, 10'000, too_large_from(9'990))[9'999].state == "22003");
  CHECK(value_of(*client, "SELECT COUNT(*) FROM T") == "9990");
  SECTION("what the caller throws comes through, and the connection is as good as before") {
    const auto throwing = [](RowWriter& row, std::size_t index) {
      if (index == 1'500) throw std::out_of_range("no such row");
      row.integer(0);
    };
    CHECK_THROWS_AS(insert->execute_array(types, 3'000, throwing), std::out_of_range);
    CHECK(value_of(*client, "SELECT COUNT(*) FROM T") == "11490");
    CHECK_THROWS_AS(insert->execute(types, [](RowWriter&, std::size_t) { throw std::out_of_range("no such row"); }), std::out_of_range);
    CHECK(failure_of([&] { insert->execute(types, kNoParameters); }).state == "HY000");
    client->rollback();
    CHECK(value_of(*client, "SELECT COUNT(*) FROM T") == "0");
  }
}

TEST_CASE("drda: rows larger than a structure, wide ones and long texts") {
  const auto client = connect_to_new("drda_large");
  std::string columns, marks;
  constexpr int kColumns = 200;  // three groups of 84
  for (int i = 0; i < kColumns; ++i) {
    columns += (i == 0 ? "C" : ", C") + std::to_string(i) + " VARCHAR(400)";
    marks += i == 0 ? "?" : ",?";
  }
  client->execute_immediate("CREATE TABLE W (" + columns + ")");
  const auto insert = client->prepare("INSERT INTO W VALUES (" + marks + ")");
  const std::vector<ParameterType> types(kColumns, text_of(400));
  const auto value = [](std::size_t row, int column) { return std::string(static_cast<std::size_t>(column) + 150 + row, static_cast<char>('a' + column % 26)); };
  constexpr std::size_t kRows = 40;  // 50 KB each
  for (const Sqlca& sqlca : insert->execute_array(types, kRows, [&](RowWriter& row, std::size_t index) {
         for (int i = 0; i < kColumns; ++i) row.text(value(index, i));
       })) {
    REQUIRE(sqlca.message == "");
  }
  client->commit();
  const Rows rows = rows_of(*client, "SELECT * FROM W");
  REQUIRE(rows.size() == kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    bool equal = true;
    for (int i = 0; i < kColumns; ++i) equal = equal && rows[row][static_cast<std::size_t>(i)] == value(row, i);
    CHECK(equal);
  }
  // A statement of more than 32 KB.
  std::string long_sql = "SELECT C0 FROM W WHERE C1 IN ('x'";
  for (int i = 0; i < 6'000; ++i) long_sql += ", '" + std::to_string(100'000 + i) + "'";
  CHECK(rows_of(*client, long_sql + ")").empty());
}

TEST_CASE("drda: LOBs of many sizes, in both directions") {
  const auto client = connect_to_new("drda_lobs");
  client->execute_immediate("CREATE TABLE L (ID INT, C CLOB, B BLOB)");
  const auto insert = client->prepare("INSERT INTO L VALUES (?, ?, ?)");
  const std::vector<std::size_t> sizes = {1, 0, 100, 32'700, 32'747, 32'748, 32'749, 32'750, 32'751, 32'752, 32'753, 32'754, 32'755, 65'500, 65'525, 65'526, 65'527, 1'000'000, 5'000'000};
  const auto clob = [](std::size_t size) { return std::string(size, 'c'); };
  const auto blob = [](std::size_t size) {
    std::vector<std::byte> out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 7);
    return out;
  };
  for (const Sqlca& sqlca : insert->execute_array({{Kind::integer}, text_of(1'000'000), {Kind::blob}}, sizes.size(), [&](RowWriter& row, std::size_t index) {
         row.integer(static_cast<std::int64_t>(index));
         row.text(clob(sizes[index]));
         if (index % 5 == 4) {
           row.null();
         } else {
           row.bytes(blob(sizes[index]));
         }
       })) {
    REQUIRE(sqlca.message == "");
  }
  const auto query = client->prepare("SELECT ID, C, B FROM L ORDER BY ID");
  query->open({}, kNoParameters);
  for (std::size_t index = 0; index < sizes.size(); ++index) {
    REQUIRE(query->fetch());
    CHECK(query->cell(0).as_integer() == static_cast<std::int64_t>(index));
    CHECK(query->cell(1).as_text() == clob(sizes[index]));
    const auto bytes = query->cell(2).as_bytes();
    CHECK(query->cell(2).is_null() == (index % 5 == 4));
    if (index % 5 != 4) CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == blob(sizes[index]));
  }
  CHECK_FALSE(query->fetch());
}

TEST_CASE("drda: cursors: many blocks, early close, two at a time, none left over") {
  const auto client = connect_to_new("drda_cursors");
  client->execute_immediate("CREATE TABLE N (I INT, T VARCHAR(100))");
  const auto insert = client->prepare("INSERT INTO N VALUES (?, ?)");
  constexpr std::size_t kRows = 10'000;
  insert->execute_array({{Kind::integer}, text_of(100)}, kRows, [](RowWriter& row, std::size_t index) {
    row.integer(static_cast<std::int64_t>(index));
    row.text(std::string(index % 100, 'x'));
  });
  client->commit();
  const auto query = client->prepare("SELECT I, T FROM N ORDER BY I");
  const auto other = client->prepare("SELECT MAX(I) FROM N WHERE I < ?");
  query->open({}, kNoParameters);
  for (std::size_t i = 0; i < kRows; ++i) {
    REQUIRE(query->fetch());
    REQUIRE(query->cell(0).as_integer() == static_cast<std::int64_t>(i));
    REQUIRE(query->cell(1).as_text().size() == i % 100);
    if (i % 2'000 == 5) {
      other->open({{Kind::integer}}, [&](RowWriter& row, std::size_t) { row.integer(static_cast<std::int64_t>(i)); });
      REQUIRE(other->fetch());
      CHECK(other->cell(0).as_integer() == static_cast<std::int64_t>(i) - 1);
    }
  }
  CHECK_FALSE(query->fetch());
  query->close();
  query->close();
  CHECK(failure_of([&] { query->fetch(); }).state == "24000");
  for (int i = 0; i < 3; ++i) {
    query->open({}, kNoParameters);  // closes what was open
    REQUIRE(query->fetch());
    CHECK(query->cell(0).as_integer() == 0);
  }
  client->rollback();
  SECTION("the end of the transaction ends a cursor, and the statement can be opened again") {
    // What had arrived can still be read.
    const Sqlca ended = failure_of([&] {
      while (query->fetch()) {
      }
    });
    CHECK(ended.state == "XCL16");  // Derby's own; other servers say QRYNOPRM, which is 24501
    CHECK(failure_of([&] { query->fetch(); }).state == "24000");
    query->open({}, kNoParameters);
    CHECK(query->fetch());
  }
  query->close();
  // Nothing holds the table any more.
  CHECK(failure_of([&] { client->execute_immediate("DROP TABLE N"); }).state == "00000");
}

TEST_CASE("drda: prepared statements outlive COMMIT and ROLLBACK") {
  const auto client = connect_to_new("drda_outlive");
  client->execute_immediate("CREATE TABLE T (ID INT)");
  client->commit();
  const auto insert = client->prepare("INSERT INTO T VALUES (?)");
  const auto count = client->prepare("SELECT COUNT(*) FROM T");
  const auto one = [](RowWriter& row, std::size_t) { row.integer(1); };
  const auto counted = [&] {
    count->open({}, kNoParameters);
    REQUIRE(count->fetch());
    return count->cell(0).as_integer();
  };
  CHECK(insert->execute({{Kind::integer}}, one).rows == 1);
  client->rollback();
  CHECK(counted() == 0);
  insert->execute_array({{Kind::integer}}, 3, one);
  client->commit();
  client->rollback();
  CHECK(counted() == 3);
  const auto remove = client->prepare("DELETE FROM T WHERE ID = ?");
  CHECK(remove->execute({{Kind::integer}}, one).rows == 3);
  const Sqlca none = remove->execute({{Kind::integer}}, one);
  CHECK_FALSE(none.failed());
  CHECK(none.rows == 0);
}

TEST_CASE("drda: sections are used again, more than a package has can be had, and their end is a clear error") {
  const auto client = connect_to_new("drda_sections");
  for (int i = 0; i < 1'000; ++i) client->prepare("VALUES " + std::to_string(i));
  std::vector<std::unique_ptr<Statement>> statements;
  const Sqlca failure = failure_of([&] {
    for (int i = 0; i < 1'000; ++i) statements.push_back(client->prepare("VALUES " + std::to_string(i)));
  });
  CHECK(failure.state == "HY014");
  CHECK(statements.size() > 200);
  for (std::size_t i = 0; i < statements.size(); i += 50) {
    statements[i]->open({}, kNoParameters);
    REQUIRE(statements[i]->fetch());
    CHECK(statements[i]->cell(0).as_integer() == static_cast<std::int64_t>(i));
  }
  CHECK(failure_of([&] { client->execute_immediate("DROP TABLE APP.NOPE"); }).message == "'DROP TABLE' cannot be performed on 'APP.NOPE' because it does not exist.");
  statements.clear();
  CHECK(value_of(*client, "VALUES 7") == "7");
}

TEST_CASE("drda: MERGE is prepared, described and executed") {
  const auto client = connect_to_new("drda_merge");
  client->execute_immediate("CREATE TABLE T (ID INT PRIMARY KEY, V INT)");
  client->execute_immediate("CREATE TABLE S (ID INT, V INT)");
  client->execute_immediate("INSERT INTO S VALUES (1, 10), (2, 20)");
  const auto merge = client->prepare("MERGE INTO T USING S ON T.ID = S.ID WHEN MATCHED AND S.V > ? THEN UPDATE SET V = S.V WHEN NOT MATCHED THEN INSERT VALUES (S.ID, S.V)");
  CHECK(merge->parameter_count() == 1);
  CHECK(merge->execute({{Kind::integer}}, [](RowWriter& row, std::size_t) { row.integer(15); }).rows == 2);
  CHECK(merge->execute({{Kind::integer}}, [](RowWriter& row, std::size_t) { row.integer(15); }).rows == 1);
  CHECK(value_of(*client, "/* a comment */ -- another\n SELECT SUM(V) FROM T") == "30");
}

TEST_CASE("drda: an error has the server's text, leaves the connection usable and the transaction as it was") {
  const auto client = connect_to_new("drda_errors");
  client->execute_immediate("CREATE TABLE T (ID INT NOT NULL CONSTRAINT T_KEY PRIMARY KEY)");
  client->commit();
  client->execute_immediate("INSERT INTO T VALUES (1)");
  bool gone = true;
  const Sqlca duplicate = failure_of([&] { client->execute_immediate("INSERT INTO T VALUES (1)"); }, &gone);
  CHECK_FALSE(gone);
  CHECK(duplicate.state == "23505");
  CHECK(duplicate.code < 0);
  CHECK(duplicate.message == "The statement was aborted because it would have caused a duplicate key value in a unique or primary key constraint or unique index "
                             "identified by 'T_KEY' defined on 'T'.");
  CHECK(failure_of([&] { client->prepare("SELECT * FROM NO_SUCH_TABLE"); }).message == "Table/View 'NO_SUCH_TABLE' does not exist.");
  CHECK(failure_of([&] { client->prepare("SELEC 1"); }).state == "42X01");
  const auto insert = client->prepare("INSERT INTO T VALUES (?)");
  CHECK(failure_of([&] { insert->execute({text_of(20)}, [](RowWriter& row, std::size_t) { row.text("no number"); }); }).state == "22018");
  const auto divide = client->prepare("SELECT 1 / (ID - 1) FROM T");
  const Sqlca zero = failure_of([&] {
    divide->open({}, kNoParameters);
    divide->fetch();
  });
  CHECK(zero.state == "22012");
  CHECK(zero.message == "Attempt to divide by zero.");
  client->commit();  // the row that was written before all of this
  CHECK(value_of(*client, "SELECT COUNT(*) FROM T") == "1");
  CHECK(failure_of([&] { client->prepare("SELECT ID FROM T")->execute({}, kNoParameters); }).state == "HY010");
  CHECK(failure_of([&] { insert->open({}, kNoParameters); }).state == "24000");
}

TEST_CASE("drda: the server counts its message procedure to no transaction") {
  // An error behind a COMMIT: if the text's call opened a transaction that held anything, the table could not be dropped from outside.
  const drda::ConnectOptions options = new_database("drda_no_transaction");
  const auto client = Client::connect(options);
  client->execute_immediate("CREATE TABLE T (ID INT)");
  client->commit();
  CHECK(failure_of([&] { client->execute_immediate("DROP TABLE NOPE"); }).message.find("'NOPE'") != std::string::npos);
  const auto other = Client::connect(options);
  CHECK(failure_of([&] { other->execute_immediate("DROP TABLE T"); }).state == "00000");
  other->commit();
}

TEST_CASE("drda: a lock that another connection holds ends with 40XL1, and the connection goes on") {
  const drda::ConnectOptions options = new_database("drda_locks");
  const auto first = Client::connect(options), second = Client::connect(options);
  first->execute_immediate("CREATE TABLE T (ID INT PRIMARY KEY, V INT)");
  first->execute_immediate("INSERT INTO T VALUES (1, 1)");
  first->commit();
  first->execute_immediate("UPDATE T SET V = 2");
  const auto query = second->prepare("SELECT V FROM T");
  bool gone = true;
  const Sqlca locked = failure_of([&] {
    query->open({}, kNoParameters);
    query->fetch();
  }, &gone);
  CHECK(locked.state == "40XL1");
  CHECK_FALSE(gone);
  first->rollback();
  query->open({}, kNoParameters);
  REQUIRE(query->fetch());
  CHECK(query->cell(0).as_integer() == 1);
}
