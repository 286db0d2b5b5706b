// A unit of work over db2: that loses its server, or hears no more of it, at every structure (DSS) of the protocol in turn, the login's included.

#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "millrace/access/driver.hpp"
#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"
#include "support/derby_server.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace;
using test::DerbyServer;
using test::TcpProxy;

namespace {

using Side = TcpProxy::Side;
using Verdict = TcpProxy::Verdict;
using PassingDss = TcpProxy::PassingDss;

constexpr std::uint16_t kCommit = 0x200E;   // RDBCMM
constexpr int kWritten = 3, kRows = kWritten + 1;
constexpr std::size_t kThreads = 8;         // a frozen connection takes no time but that of the clock
constexpr std::chrono::seconds kBound{20};  // of everything that a failure may take, on a slow machine

const std::vector<BatchColumn> kColumns = {{"ID", SqlType::of(TypeKind::integer)}, {"NAME", SqlType::varchar(20)}};

/// A table of the test's own. Each unit of work writes the keys kRows * unit and on.
struct Table {
  const DerbyServer* server = DerbyServer::shared();
  std::string schema = "CUT_" + std::to_string(getpid());

  Table() {
    if (!server) SKIP(DerbyServer::how_to_get());
    if (!server->is_derby()) SKIP("MILLRACE_TEST_DB2_URL names the server: what is frozen here leaves sessions behind");
    server->ij("CREATE SCHEMA " + schema + "; CREATE TABLE " + schema + ".T (ID INT NOT NULL PRIMARY KEY, NAME VARCHAR(20))");
  }
  ~Table() {
    try {
      server->ij("DROP TABLE " + schema + ".T; DROP SCHEMA " + schema + " RESTRICT");
    } catch (const std::exception&) {   // it is in nobody's way
    }
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  std::map<int, int> rows_of_units() const {
    std::map<int, int> found;
    for (const auto& row : server->rows("SELECT ID / " + std::to_string(kRows) + ", COUNT(*) FROM " + schema + ".T GROUP BY ID / " + std::to_string(kRows))) {
      found[std::stoi(row[0])] = std::stoi(row[1]);
    }
    return found;
  }
};

/// An open writer, a savepoint, a statement with parameters, COMMIT.
void run_unit(Connection& connection, const TableName& table, int unit) {
  Transaction transaction(connection);
  {
    Savepoint savepoint(connection, "millrace_rows");
    std::vector<ColumnInfo> columns;
    for (const BatchColumn& column : kColumns) columns.push_back({column.name, column.type});
    BatchBuilder rows(kColumns);
    for (int row = 0; row < kWritten; ++row) rows.append(kRows * unit + row, "row " + std::to_string(row));
    const auto writer = connection.open_writer(table, columns);
    writer->write(rows.take());
    if (writer->finish().rows != kWritten) throw std::runtime_error("another number of rows");
    savepoint.release();
  }
  connection.execute("INSERT INTO \"" + table.schema + "\".T VALUES (?, ?)", {kRows * unit + kWritten, "the last"});
  transaction.commit();
}

struct Fault {
  Side side = Side::client;
  std::size_t index = 0;
  Verdict verdict = Verdict::pass;
};

struct Outcome {
  bool connected = false, committed = false, happened = false, commit_sent = false;
  std::optional<ErrorInfo> error;
  std::string surprise;   // anything else that was thrown
  std::chrono::steady_clock::duration time{};
};

struct Course {
  std::size_t client = 0, server = 0;   // DSSs of a whole unit of work
  std::size_t commit = 0, reply = 0;    // the client's COMMIT, and the server's first DSS behind it
};

class Units {
 public:
  explicit Units(const Table& table) : table_(table) {}

  Course whole(int unit) const {
    TcpProxy proxy(table_.server->port());
    Course course;
    proxy.judge_dss([&](const PassingDss& dss) {
      (dss.from == Side::client ? course.client : course.server) = dss.index + 1;
      if (dss.from == Side::client && dss.code_point == kCommit) course.commit = dss.index, course.reply = course.server;
      return Verdict::pass;
    });
    const auto connection = connect(proxy);
    run_unit(*connection, {table_.schema, "T"}, unit);
    proxy.judge_dss(nullptr);   // how a session ends is another matter
    return course;
  }

  Outcome run(int unit, const Fault& fault) const {
    TcpProxy proxy(table_.server->port());
    Outcome outcome;
    proxy.judge_dss([&](const PassingDss& dss) {
      outcome.commit_sent = outcome.commit_sent || (dss.from == Side::client && dss.code_point == kCommit);
      if (dss.from != fault.side || dss.index != fault.index) return Verdict::pass;
      outcome.happened = true;
      return fault.verdict;
    });
    const auto began = std::chrono::steady_clock::now();
    try {
      const auto connection = connect(proxy);
      outcome.connected = true;
      run_unit(*connection, {table_.schema, "T"}, unit);
      outcome.committed = true;
    } catch (const Error& error) {
      outcome.error = error.info();
    } catch (const std::exception& error) {
      outcome.surprise = error.what();
    }
    outcome.time = std::chrono::steady_clock::now() - began;
    proxy.cut();   // so that the server ends a session that it still waits for
    proxy.judge_dss(nullptr);
    return outcome;
  }

 private:
  std::unique_ptr<Connection> connect(const TcpProxy& proxy) const {
    return drivers_.connect(ConnectionConfig::from_url(proxy.url(table_.server->url()) + "?receivetimeout=1&connecttimeout=1"));
  }

  const Table& table_;
  DriverRegistry drivers_ = default_drivers();
};

std::vector<Fault> all_faults(const Course& course) {
  std::vector<Fault> faults;
  for (const auto& [side, count] : {std::pair{Side::client, course.client}, std::pair{Side::server, course.server}}) {
    for (std::size_t index = 0; index < count; ++index) {
      for (const Verdict verdict : {Verdict::cut_before, Verdict::cut_within, Verdict::cut_after, Verdict::freeze_before}) faults.push_back({side, index, verdict});
    }
  }
  return faults;
}

std::vector<Outcome> run_all(const Units& units, const std::vector<Fault>& faults) {
  std::vector<Outcome> outcomes(faults.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < faults.size(); i = next++) outcomes[i] = units.run(static_cast<int>(i) + 1, faults[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

bool is_lost(ErrorCode code) { return code == ErrorCode::connection_lost || code == ErrorCode::connection_refused || code == ErrorCode::statement_timeout; }

}  // namespace

TEST_CASE("db2: a unit of work that is cut or frozen anywhere ends in an error that says what is known, and is there whole or not at all") {
  const Table table;
  const Units units(table);
  const Course course = units.whole(0);
  REQUIRE(course.commit > 0);
  const std::vector<Fault> faults = all_faults(course);
  const std::vector<Outcome> outcomes = run_all(units, faults);

  std::map<int, int> stored = table.rows_of_units();
  CHECK(stored[0] == kRows);
  std::size_t in_doubt_stored = 0, in_doubt_gone = 0, lost = 0;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Fault& fault = faults[i];
    const Outcome& outcome = outcomes[i];
    const int rows = stored[static_cast<int>(i) + 1];
    INFO((fault.side == Side::client ? "client" : "server") << " DSS " << fault.index << ", verdict " << static_cast<int>(fault.verdict) << "; COMMIT is the client's " << course.commit
                                                            << ", its reply the server's " << course.reply << "; " << rows << " rows; "
                                                            << (outcome.error ? std::string(to_string(outcome.error->code)) + ": " + outcome.error->message : std::string("no error")));
    CHECK(outcome.surprise.empty());
    CHECK(outcome.happened);
    CHECK(outcome.time < kBound);
    CHECK((rows == 0 || rows == kRows));
    if (outcome.committed) {   // only the very last byte of the answer may be followed by a cut that nobody notices
      CHECK(rows == kRows);
      CHECK((fault.side == Side::server && fault.index + 1 == course.server && fault.verdict == Verdict::cut_after));
      continue;
    }
    REQUIRE(outcome.error);
    CHECK(outcome.error->poisons_connection);
    // Behind the last command before the COMMIT, and behind its answer, the client may find out by sending the COMMIT, or not.
    const bool either = fault.verdict == Verdict::cut_after && fault.index + 1 == (fault.side == Side::server ? course.reply : course.commit);
    if (outcome.error->code == ErrorCode::in_doubt) {
      CHECK((outcome.commit_sent || either));
      CHECK(!outcome.error->safe_to_retry);
      ++(rows == 0 ? in_doubt_gone : in_doubt_stored);
    } else {
      CHECK(is_lost(outcome.error->code));
      CHECK((!outcome.commit_sent || either));
      CHECK(rows == 0);
      ++lost;
    }
  }
  CHECK(in_doubt_stored > 0);
  CHECK(in_doubt_gone > 0);
  CHECK(lost > 0);
}
