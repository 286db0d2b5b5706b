// SOCI's db2 backend, unpatched, on the call-level interface over the DRDA client.
#include <soci/db2/soci-db2.h>
#include <soci/soci.h>

#include <ctime>
#include <numeric>

#include "integration/db2/cli_session.hpp"
#include "support/tcp_proxy.hpp"

using namespace cli;

TEST_CASE("SOCI's db2 backend works on these functions, unpatched") {
  const Database db;
  soci::session sql(soci::db2, db.keywords);
  REQUIRE(sql.is_connected());
  try {
    sql << "DROP TABLE soci_t";
  } catch (const soci::soci_error&) {   // there was none
  }
  sql << "CREATE TABLE soci_t (id INTEGER PRIMARY KEY, name VARCHAR(20), amount DOUBLE, big BIGINT, moment TIMESTAMP)";
  std::tm when{};
  when.tm_year = 124, when.tm_mon = 1, when.tm_mday = 29, when.tm_hour = 12, when.tm_min = 30, when.tm_sec = 15;
  const std::string name = "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F";   // 20 characters, 40 bytes
  const double amount = 0.1;
  const long long big = INT64_MAX;
  const int id = 1;
  soci::indicator null = soci::i_null;
  const std::string nothing;
  sql << "INSERT INTO soci_t VALUES (:id, :name, :amount, :big, :moment)", soci::use(id), soci::use(name), soci::use(amount), soci::use(big), soci::use(when);
  const int id2 = 2;
  sql << "INSERT INTO soci_t VALUES (:id, :name, 2.5, 3, NULL)", soci::use(id2), soci::use(nothing, null);

  std::string read_name;
  double read_amount = 0;
  long long read_big = 0;
  std::tm read_when{};
  sql << "SELECT name, amount, big, moment FROM soci_t WHERE id = :id", soci::use(id), soci::into(read_name), soci::into(read_amount), soci::into(read_big), soci::into(read_when);
  CHECK(read_name == name);
  CHECK(read_amount == 0.1);
  CHECK(read_big == big);
  CHECK((read_when.tm_year == 124 && read_when.tm_mday == 29 && read_when.tm_sec == 15));
  soci::indicator ind = soci::i_ok;
  sql << "SELECT name FROM soci_t WHERE id = 2", soci::into(read_name, ind);
  CHECK(ind == soci::i_null);

  {
    soci::transaction transaction(sql);
    std::vector<int> ids(300);
    std::iota(ids.begin(), ids.end(), 10);
    std::vector<std::string> names(300, "bulk");
    names[5] = "a longer one";
    sql << "INSERT INTO soci_t (id, name) VALUES (:id, :name)", soci::use(ids), soci::use(names);
    transaction.commit();
  }
  std::vector<int> ids(128);
  std::vector<std::string> names(128);
  soci::statement st = (sql.prepare << "SELECT id, name FROM soci_t WHERE id >= 10 ORDER BY id", soci::into(ids), soci::into(names));
  st.execute();
  int rows = 0;
  while (st.fetch()) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      CHECK(ids[i] == 10 + rows);
      CHECK(names[i] == (rows == 5 ? "a longer one" : "bulk"));
      ++rows;
    }
    ids.resize(128);
    names.resize(128);
  }
  CHECK(rows == 300);
  {
    soci::transaction transaction(sql);
    sql << "DELETE FROM soci_t";
    transaction.rollback();
  }
  int count = 0;
  sql << "SELECT COUNT(*) FROM soci_t", soci::into(count);
  CHECK(count == 302);
  try {
    sql << "INSERT INTO soci_t (id) VALUES (1)";
    FAIL("the key is there already");
  } catch (const soci::soci_error& error) {
    CHECK(std::string(error.what()).find("SQLSTATE=23505") != std::string::npos);
  }
}

TEST_CASE("a server's death shows at the next call, and nothing throws from a destructor") {
  const Database db;
  Session s(db.keywords);
  s.make_table("keys", "k INTEGER PRIMARY KEY");
  millrace::test::TcpProxy proxy(db.server->port());
  std::string through = db.keywords;
  through.replace(through.find("PORT=" + db.server->port()), 5 + db.server->port().size(), "PORT=" + proxy.port());
  {
    soci::session sql(soci::db2, through);
    sql << "VALUES 1";
    soci::statement open = (sql.prepare << "SELECT COUNT(*) FROM SYS.SYSCOLUMNS");
    proxy.cut();
    CHECK_THROWS_AS(sql << "INSERT INTO keys VALUES (1)", soci::soci_error);
  }
  CHECK(db.rows("SELECT COUNT(*) FROM keys") == std::vector<std::vector<std::string>>{{"0"}});
}
