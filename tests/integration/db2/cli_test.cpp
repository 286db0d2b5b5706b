// The call-level interface over the DRDA client, against a live server.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include "common/cli/array_outcome.hpp"
#include "integration/db2/cli_session.hpp"

using namespace cli;
using namespace std::chrono_literals;
using millrace::cli_db2::ArrayOutcome;

namespace {

/// Keys as an array of INSERTs into a table (k INTEGER PRIMARY KEY).
struct Keys {
  Keys(Session& s, const std::string& table, std::vector<SQLINTEGER> list, bool atomic) : session(s), keys(std::move(list)), statuses(keys.size(), millrace::cli_db2::kStatusUnset) {
    REQUIRE(SQLPrepare(s.statement, text("INSERT INTO " + table + " (k) VALUES (?)"), SQL_NTS) == SQL_SUCCESS);
    REQUIRE(SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, keys.data(), 4, nullptr) == SQL_SUCCESS);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMSET_SIZE, number(keys.size()), 0);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAM_STATUS_PTR, statuses.data(), 0);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMOPT_ATOMIC, number(atomic ? 1 : 0), 0);
    code = SQLExecute(s.statement);
    records = s.records();
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMSET_SIZE, number(1), 0);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAM_STATUS_PTR, nullptr, 0);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMS_PROCESSED_PTR, nullptr, 0);
    SQLFreeStmt(s.statement, SQL_RESET_PARAMS);
  }
  ArrayOutcome judged() const { return millrace::cli_db2::judge({code, statuses, processed}); }
  Session& session;
  std::vector<SQLINTEGER> keys;
  std::vector<SQLUSMALLINT> statuses;
  SQLULEN processed = 0;
  SQLRETURN code;
  std::vector<Diagnostic> records;
};

std::vector<SQLINTEGER> numbered(SQLINTEGER first, std::size_t count) {
  std::vector<SQLINTEGER> keys(count);
  std::iota(keys.begin(), keys.end(), first);
  return keys;
}

}  // namespace

TEST_CASE("every type goes there and comes back, with NULLs") {
  const Database db;
  Session s(db.keywords);
  REQUIRE(s.code == SQL_SUCCESS);
  s.make_table("types",
               "id INTEGER, s SMALLINT, i INTEGER, b BIGINT, r REAL, d DOUBLE, n DECIMAL(31,6), c CHAR(4), v VARCHAR(40), vb VARCHAR(20) FOR BIT DATA, cl CLOB(1M), bl BLOB(1M), dt DATE, tm TIME, ts "
               "TIMESTAMP, bo BOOLEAN");
  REQUIRE(SQLPrepare(s.statement, text("INSERT INTO types VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"), SQL_NTS) == SQL_SUCCESS);
  SQLSMALLINT markers = 0;
  REQUIRE(SQLNumParams(s.statement, &markers) == SQL_SUCCESS);
  CHECK(markers == 16);

  SQLINTEGER id[] = {1, 2}, i[] = {-2147483648, 0};
  SQLSMALLINT si[] = {-32768, 0};
  SQLBIGINT b[] = {INT64_MIN, 0};
  float r[] = {0.1F, 0};
  double d[] = {-1.7976931348623157e308, 0};
  const std::string long_text(50'000, 'x'), long_bytes(60'000, '\x80');
  struct Text {
    SQLSMALLINT c_type, sql_type;
    std::string value;
  };
  const Text texts[] = {{SQL_C_CHAR, SQL_DECIMAL, "-1234567890123456789012345.678901"},
                        {SQL_C_CHAR, SQL_CHAR, "ab"},
                        {SQL_C_CHAR, SQL_VARCHAR, "it's \xC3\xA4\xE2\x82\xAC \xF0\x9F\x98\x80"},
                        {SQL_C_BINARY, SQL_VARBINARY, std::string("\0\xFF\x01", 3)},
                        {SQL_C_CHAR, SQL_LONGVARCHAR, long_text},
                        {SQL_C_BINARY, SQL_LONGVARBINARY, long_bytes},
                        {SQL_C_CHAR, SQL_TYPE_DATE, "2024-02-29"},
                        {SQL_C_CHAR, SQL_TYPE_TIME, "03:04:05.000000"},
                        {SQL_C_CHAR, SQL_TYPE_TIMESTAMP, "2024-01-02 03:04:05.123456"}};
  unsigned char bit[] = {1, 0};
  SQLLEN lengths[16][2];
  for (auto& length : lengths) length[0] = 0, length[1] = SQL_NULL_DATA;
  lengths[0][1] = 0;
  const auto bind = [&](SQLUSMALLINT n, SQLSMALLINT c_type, SQLSMALLINT sql_type, void* value, SQLLEN room) {
    REQUIRE(SQLBindParameter(s.statement, n, SQL_PARAM_INPUT, c_type, sql_type, 40, 6, value, room, lengths[n - 1]) == SQL_SUCCESS);
  };
  bind(1, SQL_C_SLONG, SQL_INTEGER, id, 4);
  bind(2, SQL_C_SSHORT, SQL_SMALLINT, si, 2);
  bind(3, SQL_C_SLONG, SQL_INTEGER, i, 4);
  bind(4, SQL_C_SBIGINT, SQL_BIGINT, b, 8);
  bind(5, SQL_C_FLOAT, SQL_REAL, r, 4);
  bind(6, SQL_C_DOUBLE, SQL_DOUBLE, d, 8);
  std::vector<std::string> memory;
  for (std::size_t t = 0; t < std::size(texts); ++t) memory.push_back(texts[t].value + std::string(texts[t].value.size(), '\0'));   // room for two
  for (std::size_t t = 0; t < std::size(texts); ++t) {
    lengths[6 + t][0] = static_cast<SQLLEN>(texts[t].value.size());
    bind(static_cast<SQLUSMALLINT>(7 + t), texts[t].c_type, texts[t].sql_type, memory[t].data(), static_cast<SQLLEN>(texts[t].value.size()));
  }
  bind(16, SQL_C_BIT, SQL_BIT, bit, 1);
  REQUIRE(SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMSET_SIZE, number(2), 0) == SQL_SUCCESS);
  const SQLRETURN inserted = SQLExecute(s.statement);
  INFO((s.records().empty() ? "" : s.records()[0].message));
  REQUIRE(inserted == SQL_SUCCESS);
  SQLLEN rows = 0;
  REQUIRE(SQLRowCount(s.statement, &rows) == SQL_SUCCESS);
  CHECK(rows == 2);
  SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMSET_SIZE, number(1), 0);

  REQUIRE(s.run("SELECT * FROM types ORDER BY id") == SQL_SUCCESS);
  REQUIRE(SQLFetch(s.statement) == SQL_SUCCESS);
  const auto read = [&](SQLUSMALLINT column, SQLSMALLINT c_type) {
    std::string all(100, '\0');
    std::size_t filled = 0;
    for (;;) {
      SQLLEN length = 0;
      const std::size_t room = std::min<std::size_t>(all.size() - filled, 9'999);   // in pieces
      const SQLRETURN code = SQLGetData(s.statement, column, c_type, all.data() + filled, static_cast<SQLLEN>(room), &length);
      REQUIRE((code == SQL_SUCCESS || code == SQL_SUCCESS_WITH_INFO));
      if (length == SQL_NULL_DATA) return std::string("NULL");
      if (code == SQL_SUCCESS) return all.substr(0, filled + static_cast<std::size_t>(length));
      filled += room - (c_type == SQL_C_CHAR ? 1 : 0);
      all.resize(filled + static_cast<std::size_t>(length) + 1);
    }
  };
  CHECK(read(2, SQL_C_CHAR) == "-32768");
  CHECK(read(3, SQL_C_CHAR) == "-2147483648");
  CHECK(read(4, SQL_C_CHAR) == "-9223372036854775808");
  float f = 0;
  REQUIRE(SQLGetData(s.statement, 5, SQL_C_FLOAT, &f, sizeof f, nullptr) == SQL_SUCCESS);
  CHECK(f == 0.1F);
  double g = 0;
  REQUIRE(SQLGetData(s.statement, 6, SQL_C_DOUBLE, &g, sizeof g, nullptr) == SQL_SUCCESS);
  CHECK(g == d[0]);
  CHECK(read(7, SQL_C_CHAR) == texts[0].value);
  CHECK(read(8, SQL_C_CHAR) == "ab  ");
  CHECK(read(9, SQL_C_CHAR) == texts[2].value);
  CHECK(read(10, SQL_C_BINARY) == texts[3].value);
  CHECK(read(11, SQL_C_CHAR) == long_text);
  CHECK(read(12, SQL_C_BINARY) == long_bytes);
  CHECK(read(13, SQL_C_CHAR) == "2024-02-29");
  CHECK(read(14, SQL_C_CHAR) == "03:04:05");
  CHECK(read(15, SQL_C_CHAR).substr(0, 26) == "2024-01-02 03:04:05.123456");
  TIMESTAMP_STRUCT t{};
  REQUIRE(SQLGetData(s.statement, 15, SQL_C_TYPE_TIMESTAMP, &t, sizeof t, nullptr) == SQL_NO_DATA);   // it was read
  unsigned char one = 7;
  REQUIRE(SQLGetData(s.statement, 16, SQL_C_BIT, &one, 1, nullptr) == SQL_SUCCESS);
  CHECK(one == 1);
  REQUIRE(SQLGetData(s.statement, 15, SQL_C_TYPE_TIMESTAMP, &t, sizeof t, nullptr) == SQL_SUCCESS);
  CHECK((t.year == 2024 && t.second == 5 && t.fraction == 123'456'000));
  REQUIRE(SQLFetch(s.statement) == SQL_SUCCESS);
  for (SQLUSMALLINT column = 2; column <= 16; ++column) CHECK(read(column, SQL_C_CHAR) == "NULL");
  CHECK(SQLFetch(s.statement) == SQL_NO_DATA);

  CHECK(db.rows("SELECT s, i, b, n, dt, tm, ts, bo, LENGTH(cl), LENGTH(bl) FROM types WHERE id = 1") ==
        std::vector<std::vector<std::string>>{{"-32768", "-2147483648", "-9223372036854775808", texts[0].value, "2024-02-29", "03:04:05", "2024-01-02 03:04:05.123456", "true", "50000", "60000"}});
}

TEST_CASE("a result's columns are described as the server has them") {
  const Database db;
  Session s(db.keywords);
  REQUIRE(s.run("SELECT CAST(1 AS DECIMAL(7,2)) AS n, CAST('x' AS VARCHAR(9)) v, CAST('x' AS CHAR(3)) c, CURRENT_TIMESTAMP ts, CAST(NULL AS CLOB(2000)) cl FROM SYSIBM.SYSDUMMY1") == SQL_SUCCESS);
  const auto described = [&](SQLUSMALLINT column) {
    SQLCHAR name[20];
    SQLSMALLINT type = 0, scale = 0;
    SQLULEN size = 0;
    REQUIRE(SQLDescribeCol(s.statement, column, name, sizeof name, nullptr, &type, &size, &scale, nullptr) == SQL_SUCCESS);
    return std::string(reinterpret_cast<char*>(name)) + " " + std::to_string(type) + " " + std::to_string(size) + " " + std::to_string(scale);
  };
  CHECK(described(1) == "N 3 7 2");
  CHECK(described(2) == "V 12 27 0");
  CHECK(described(3) == "C 1 9 0");
  CHECK(described(4).starts_with("TS 93 2"));
  CHECK(described(5) == "CL -99 6000 0");
}

TEST_CASE("an atomic array with a refused row leaves nothing, and the rest of its transaction stays") {
  const Database db;
  Session s(db.keywords);
  s.make_table("keys", "k INTEGER PRIMARY KEY");
  s.autocommit(false);
  s.must("INSERT INTO keys VALUES (7)");
  const Keys array(s, "keys", numbered(0, 2000), true);
  CHECK(array.code == SQL_ERROR);
  CHECK(array.judged().kind == ArrayOutcome::Kind::refused);
  CHECK(array.judged().rows == std::vector<std::size_t>{7});
  REQUIRE(array.records.size() == 1);
  CHECK(array.records[0].sqlstate == "23505");
  CHECK(array.records[0].row == 8);
  CHECK(array.records[0].message.find("SQLSTATE") == std::string::npos);   // which has a place of its own
  CHECK(s.value("SELECT COUNT(*) FROM keys") == "1");
  const Keys good(s, "keys", numbered(1000, 2000), true);
  CHECK(good.code == SQL_SUCCESS);
  CHECK(good.processed == 2000);
  REQUIRE(s.end(SQL_COMMIT) == SQL_SUCCESS);
  CHECK(db.rows("SELECT COUNT(*), MIN(k) FROM keys") == std::vector<std::vector<std::string>>{{"2001", "7"}});

  s.autocommit(true);
  const Keys alone(s, "keys", numbered(5000, 10), true);
  CHECK(alone.code == SQL_SUCCESS);
  const Keys refused(s, "keys", {6000, 6001, 7, 6002}, true);
  CHECK(refused.code == SQL_ERROR);
  CHECK(db.rows("SELECT COUNT(*) FROM keys") == std::vector<std::vector<std::string>>{{"2011"}});
}

TEST_CASE("an array that is not atomic keeps its good rows and names the others") {
  const Database db;
  Session s(db.keywords);
  s.make_table("keys", "k INTEGER PRIMARY KEY");
  s.must("INSERT INTO keys VALUES (3), (300)");
  s.autocommit(false);
  const Keys array(s, "keys", numbered(0, 1000), false);
  CHECK(array.code == SQL_SUCCESS_WITH_INFO);
  CHECK(array.judged().rows == std::vector<std::size_t>{3, 300});
  REQUIRE(array.records.size() == 2);
  CHECK((array.records[0].row == 4 && array.records[1].row == 301));
  REQUIRE(s.end(SQL_COMMIT) == SQL_SUCCESS);
  CHECK(db.rows("SELECT COUNT(*) FROM keys") == std::vector<std::vector<std::string>>{{"1000"}});
  const Keys again(s, "keys", numbered(0, 1000), false);
  CHECK(again.code == SQL_ERROR);
  CHECK(again.records.size() == 1000);
}

TEST_CASE("nothing of a transaction stays whose array was a deadlock's victim") {
  const Database db;
  Session a(db.keywords), b(db.keywords);
  a.make_table("left_side", "k INTEGER PRIMARY KEY");
  a.make_table("right_side", "k INTEGER PRIMARY KEY");
  a.make_table("filled", "k INTEGER PRIMARY KEY");
  a.must("INSERT INTO left_side VALUES (1)");
  a.must("INSERT INTO right_side VALUES (1)");
  a.autocommit(false);
  b.autocommit(false);
  a.must("UPDATE left_side SET k = 1");
  b.must("UPDATE right_side SET k = 1");
  a.must("INSERT INTO filled VALUES (-1)");
  b.must("INSERT INTO filled VALUES (-2)");
  // Each array has rows before the one that waits, and many behind it, which after the victim's end run in a transaction of their own.
  SQLRETURN codes[2] = {SQL_ERROR, SQL_ERROR};
  std::vector<Diagnostic> records[2];
  const auto cross = [&](int which, Session& s, const std::string& other, SQLINTEGER first) {
    const std::string sql = "INSERT INTO filled SELECT CAST(? AS INTEGER) FROM SYSIBM.SYSDUMMY1 WHERE NOT EXISTS (SELECT * FROM " + other + " WHERE k = ?)";
    SQLPrepare(s.statement, text(sql), SQL_NTS);
    std::vector<SQLINTEGER> keys = numbered(first, 200), asked(200, 2);
    asked[100] = 1;   // waits for the other's lock
    SQLBindParameter(s.statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, keys.data(), 4, nullptr);
    SQLBindParameter(s.statement, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, asked.data(), 4, nullptr);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMSET_SIZE, number(keys.size()), 0);
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMOPT_ATOMIC, number(which == 0 ? 0 : 1), 0);
    codes[which] = SQLExecute(s.statement);
    records[which] = s.records();
    SQLSetStmtAttr(s.statement, SQL_ATTR_PARAMSET_SIZE, number(1), 0);
    SQLFreeStmt(s.statement, SQL_RESET_PARAMS);
    if (codes[which] == SQL_ERROR) s.end(SQL_COMMIT);   // whoever does not look must not make half of it stay, either
  };
  std::thread other([&] { cross(1, b, "left_side", 1000); });
  cross(0, a, "right_side", 0);
  other.join();
  const int victim = codes[0] == SQL_ERROR ? 0 : 1;
  INFO("victim " << victim);
  CHECK(codes[victim] == SQL_ERROR);
  REQUIRE_FALSE(records[victim].empty());
  CHECK(records[victim][0].sqlstate == "40001");
  CHECK(records[victim].size() == 1);
  CHECK(codes[1 - victim] == SQL_SUCCESS);
  REQUIRE((victim == 0 ? b : a).end(SQL_COMMIT) == SQL_SUCCESS);
  const auto in = db.rows("SELECT k FROM filled WHERE k < 0");
  CHECK(in == std::vector<std::vector<std::string>>{{victim == 0 ? "-2" : "-1"}});
  CHECK(db.rows(victim == 0 ? "SELECT COUNT(*) FROM filled WHERE k BETWEEN 0 AND 999" : "SELECT COUNT(*) FROM filled WHERE k >= 1000") == std::vector<std::vector<std::string>>{{"0"}});
}

TEST_CASE("a lock time-out is the end of Derby's transaction, in the middle of an array as well") {
  const Database db;
  Session a(db.keywords), b(db.keywords);
  a.make_table("locked", "k INTEGER PRIMARY KEY");
  a.make_table("kept", "k INTEGER PRIMARY KEY");
  a.autocommit(false);
  b.autocommit(false);
  a.must("INSERT INTO locked VALUES (50)");
  b.must("INSERT INTO kept VALUES (1)");
  CHECK(b.run("INSERT INTO locked VALUES (50)") == SQL_ERROR);
  CHECK(b.records()[0].sqlstate == "40XL1");
  REQUIRE(b.end(SQL_COMMIT) == SQL_SUCCESS);
  CHECK(b.value("SELECT COUNT(*) FROM kept") == "0");
  for (const bool atomic : {false, true}) {
    b.must("INSERT INTO kept VALUES (2)");
    const Keys array(b, "locked", numbered(0, 100), atomic);
    CHECK(array.code == SQL_ERROR);
    REQUIRE(array.records.size() == 1);
    CHECK(array.records[0].sqlstate == "40XL1");
    CHECK(array.records[0].row == 51);
    REQUIRE(b.end(SQL_COMMIT) == SQL_SUCCESS);   // whoever does not look must not make half of it stay
    CHECK(b.value("SELECT COUNT(*) FROM kept") == "0");
  }
  REQUIRE(a.end(SQL_COMMIT) == SQL_SUCCESS);
  CHECK(db.rows("SELECT COUNT(*) FROM locked") == std::vector<std::vector<std::string>>{{"1"}});
}

TEST_CASE("what is wrong is told by SQLSTATE") {
  const Database db;
  Session s(db.keywords);
  CHECK(s.run("CREATE TABLE a_schema_that_exists (a INTEGER)") == SQL_SUCCESS);   // or every name would be wrong because of it
  const auto state = [&](const std::string& sql) {
    CHECK(s.run(sql) == SQL_ERROR);
    return s.records().empty() ? std::string() : s.records()[0].sqlstate;
  };
  CHECK(state("SELECT * FROM no_such_table") == "42X05");
  CHECK(state("SELEKT") == "42X01");
  CHECK(state("INSERT INTO no_such_table VALUES (1)") == "42X05");
  CHECK(s.value("VALUES 1") == "1");
}

TEST_CASE("a login that fails says why") {
  const Database db;
  const Session maker(db.keywords);   // of the database
  const auto state = [](const std::string& keywords) {
    const Session s(keywords);
    CHECK(s.code == SQL_ERROR);
    REQUIRE_FALSE(s.connection_records().empty());
    CHECK(s.connection_records()[0].message.find("drda-secret") == std::string::npos);
    return s.connection_records()[0].sqlstate;
  };
  const std::string host = "HOSTNAME=127.0.0.1;PORT=" + db.server->port() + ";";
  CHECK(state("DATABASE=" + db.name + ";" + host + "UID=nobody;PWD=wrong") == "28000");
  CHECK(state("DATABASE=memory:there_is_none;" + db.keywords.substr(db.keywords.find("HOSTNAME"))) == "08004");
  CHECK(state("DATABASE=x;HOSTNAME=127.0.0.1;PORT=1;UID=a;PWD=b") == "08001");
}

TEST_CASE("schema and isolation are what the connection string says") {
  const Database db;
  Session maker(db.keywords);
  maker.run("CREATE SCHEMA \"Mixed\"");
  Session s(db.keywords + ";CURRENTSCHEMA=Mixed;TXNISOLATION=1");
  REQUIRE(s.code == SQL_SUCCESS);
  CHECK(s.value("VALUES CURRENT SCHEMA") == "Mixed");
  CHECK(s.value("VALUES CURRENT ISOLATION") == "UR");
  REQUIRE(SQLSetConnectAttr(s.connection, SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_SERIALIZABLE), 0) == SQL_SUCCESS);
  CHECK(s.value("VALUES CURRENT ISOLATION") == "RR");
  char name[40];
  REQUIRE(SQLGetInfo(s.connection, SQL_DBMS_NAME, name, sizeof name, nullptr) == SQL_SUCCESS);
  CHECK(std::string(name) == "Apache Derby");
}

TEST_CASE("a cancelled statement ends at once, and its connection with it") {
  const Database db;
  Session s(db.keywords);
  std::thread other([&] {
    std::this_thread::sleep_for(500ms);
    SQLCancel(s.statement);
  });
  const auto begin = std::chrono::steady_clock::now();
  SQLRETURN code = s.run("SELECT COUNT(*) FROM SYS.SYSCOLUMNS a, SYS.SYSCOLUMNS b, SYS.SYSCOLUMNS c, SYS.SYSCOLUMNS d");
  if (code == SQL_SUCCESS) code = SQLFetch(s.statement);
  other.join();
  CHECK(code == SQL_ERROR);
  CHECK(s.records()[0].sqlstate == "57014");
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  CHECK(s.dead());
  CHECK(SQLFreeHandle(SQL_HANDLE_STMT, s.statement) == SQL_SUCCESS);
}

TEST_CASE("an answer that does not come in time is an error within the time-out") {
  const Database db;
  Session s(db.keywords);
  REQUIRE(SQLSetStmtAttr(s.statement, SQL_ATTR_QUERY_TIMEOUT, number(1), 0) == SQL_SUCCESS);
  const auto begin = std::chrono::steady_clock::now();
  SQLRETURN code = s.run("SELECT COUNT(*) FROM SYS.SYSCOLUMNS a, SYS.SYSCOLUMNS b, SYS.SYSCOLUMNS c, SYS.SYSCOLUMNS d");
  if (code == SQL_SUCCESS) code = SQLFetch(s.statement);
  CHECK(code == SQL_ERROR);
  CHECK(s.records()[0].sqlstate == "HYT00");
  CHECK(std::chrono::steady_clock::now() - begin < 4s);
  CHECK(s.dead());
}
