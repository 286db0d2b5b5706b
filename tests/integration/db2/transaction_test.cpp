// Whether a transaction took effect: what the connection says is what the server did.

#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "millrace/access/driver.hpp"
#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"
#include "support/derby_server.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::DerbyServer;
using test::TcpProxy;

namespace {

constexpr std::uint16_t kCommit = 0x200E;   // RDBCMM

/// A database of the test's own, in memory.
struct Database {
  const DerbyServer* server = DerbyServer::shared();
  std::string url;

  explicit Database(const std::string& ddl) {
    if (!server) SKIP(DerbyServer::how_to_get());
    if (!server->is_derby()) SKIP("MILLRACE_TEST_DB2_URL names the server: these tests make databases");
    static std::atomic<int> counter = 0;
    const std::string name = "memory:transaction_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
    url = server->url_for(name);
    connect(server->url_for(name + ";create=true"));
    server->ij(ddl, url);
  }
  static std::unique_ptr<Connection> connect(const std::string& url) { return default_drivers().connect(ConnectionConfig::from_url(url)); }
  std::unique_ptr<Connection> connect() const { return connect(url); }
  std::string count(const std::string& table = "T") const { return server->rows("SELECT COUNT(*) FROM " + table, url).at(0).at(0); }
};

template <class F> ErrorInfo error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.info();
  }
  FAIL("no error was thrown");
  return {};
}

}  // namespace

TEST_CASE("a transaction that the server has rolled back in the middle can not be committed") {
  const Database db("CREATE TABLE T (K INT NOT NULL PRIMARY KEY); CREATE TABLE HELD (K INT NOT NULL PRIMARY KEY)");
  const auto other = db.connect(), connection = db.connect();
  other->begin();
  other->execute("INSERT INTO HELD VALUES (1)");
  connection->begin();
  connection->execute("INSERT INTO T VALUES (1)");
  const ErrorInfo waited = error_of([&] { connection->execute("INSERT INTO HELD VALUES (1)"); });
  CHECK(waited.sqlstate == "40XL1");
  CHECK(waited.safe_to_retry);
  connection->execute("INSERT INTO T VALUES (2)");   // the server takes it for a transaction of its own
  CHECK(error_of([&] { connection->commit(); }).code == ErrorCode::misuse);
  CHECK_FALSE(connection->in_transaction());
  other->rollback();
  CHECK(db.count() == "0");
  connection->begin();
  connection->execute("INSERT INTO T VALUES (3)");
  connection->commit();
  CHECK(db.count() == "1");
}

TEST_CASE("what fails behind an acknowledged COMMIT ends the session, and is no error of the transaction") {
  const Database db("CREATE TABLE T (K INT NOT NULL PRIMARY KEY)");
  TcpProxy proxy(db.server->port());
  const auto connection = Database::connect(proxy.url(db.url));
  TransactionOptions options;
  options.isolation = Isolation::serializable;
  connection->begin(options);
  connection->execute("INSERT INTO T VALUES (1)");
  proxy.cut_answer_to("SET CURRENT ISOLATION = RESET");
  connection->commit();
  CHECK(proxy.cut_answers() == 1);
  CHECK_FALSE(connection->in_transaction());
  CHECK_FALSE(connection->usable());
  CHECK(db.count() == "1");
}

TEST_CASE("a statement of its own whose COMMIT is not answered in time is in doubt") {
  const Database db("CREATE TABLE T (K INT NOT NULL PRIMARY KEY)");
  TcpProxy proxy(db.server->port());
  std::atomic<bool> armed = false, asked = false;
  proxy.judge_dss([&](const TcpProxy::PassingDss& dss) {
    if (!armed) return TcpProxy::Verdict::pass;
    if (dss.from == TcpProxy::Side::client && dss.code_point == kCommit) asked = true;
    return dss.from == TcpProxy::Side::server && asked ? TcpProxy::Verdict::freeze_before : TcpProxy::Verdict::pass;
  });
  const auto connection = Database::connect(proxy.url(db.url));
  connection->set_statement_timeout(1s);
  armed = true;
  const auto begin = std::chrono::steady_clock::now();
  const ErrorInfo error = error_of([&] { connection->execute("INSERT INTO T VALUES (1)"); });
  CHECK(error.code == ErrorCode::in_doubt);
  CHECK_FALSE(error.safe_to_retry);
  CHECK(std::chrono::steady_clock::now() - begin < 15s);
  CHECK_FALSE(connection->usable());
  CHECK(db.count() == "1");
}

TEST_CASE("a row that fails for another reason than its values fails the stream, wherever it stands in its array") {
  const Database db(
      "CREATE TABLE T (K INT NOT NULL PRIMARY KEY);"
      "CREATE FUNCTION TO_INT(A VARCHAR(10)) RETURNS INT LANGUAGE JAVA PARAMETER STYLE JAVA NO SQL EXTERNAL NAME 'java.lang.Integer.parseInt';"
      "CREATE TRIGGER TR AFTER INSERT ON T REFERENCING NEW AS N FOR EACH ROW WHEN (N.K > 2) VALUES TO_INT('boom')");
  const auto connection = db.connect();
  for (const auto& keys : {std::vector<int>{1, 1, 3}, std::vector<int>{3, 1, 1}, std::vector<int>{1, 3, 3}}) {
    int refused = 0;
    WriterOptions options;
    options.on_refused = [&](std::int64_t, const ErrorInfo&) { ++refused; };
    const Transaction transaction(*connection);
    const auto writer = connection->open_writer({"", "T"}, {{.name = "K", .type = SqlType::of(TypeKind::integer)}}, options);
    BatchBuilder rows({{"K", SqlType::of(TypeKind::integer)}});
    for (const int key : keys) rows.append(key);
    const ErrorInfo error = error_of([&] { writer->write(rows.take()); });
    CHECK(error.sqlstate == "38000");
    CHECK(refused == 0);
  }
  CHECK(db.count() == "0");
}
