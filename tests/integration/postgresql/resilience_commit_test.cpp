// Connections that die around a COMMIT: what may be run again is, what nobody knows is not.

#include "integration/postgresql/resilience_support.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  Workspace space{shared_server()};
  TcpProxy proxy{space.server().port()};
  const std::string application = "millrace_commit_" + space.schema();
  const std::string table = space.schema() + ".t";
  std::unique_ptr<Connection> observer = space.connect();
  std::atomic<int> runs = 0;

  Fixture() { space.psql("CREATE TABLE t (a integer)"); }

  Database open(const std::string& url) const {
    DatabaseConfig config = database_config(url, application);
    config.retry.initial_delay = 10ms;
    return open_database(config);
  }
  void insert(Session& session) {
    ++runs;
    session->execute("INSERT INTO " + table + " VALUES (1)");
  }
  void insert(Database& database) {
    database.with_session([&](Session& session) { insert(session); });
  }
  int rows() const { return observer->query_value("SELECT count(*) FROM t").as<int>(); }
};

// COMMIT waits for the observer's lock inside the server, in a deferred trigger.
struct HeldCommit : Fixture {
  const std::string key = "hashtext('" + space.schema() + "')";
  std::optional<ErrorCode> outcome;
  std::string message;
  std::thread committer;

  HeldCommit() {
    space.psql("CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(" + key + "); RETURN NULL; END $$;"
               "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()");
    observer->query("SELECT pg_advisory_lock(" + key + ")");
  }
  ~HeldCommit() {
    if (committer.joinable()) committer.join();
  }
  void release() { observer->query("SELECT pg_advisory_unlock(" + key + ")"); }

  /// @return the process that waits inside COMMIT
  std::string start_commit(Database& database) {
    committer = std::thread([&] {
      try {
        insert(database);
      } catch (const InDoubtError& error) {
        outcome = error.code();
        message = error.what();
      } catch (const Error& error) {
        outcome = ErrorCode::unknown;  // whatever it is, not in doubt
        message = error.what();
      }
    });
    std::string pid;
    wait_until([&] {
      pid = observer->query_value("SELECT pid FROM pg_stat_activity WHERE application_name = ? AND query = 'COMMIT' AND wait_event = 'advisory'",
                                  {application}).to_text();
      return !pid.empty();
    });
    return pid;
  }
  void check_in_doubt() {
    committer.join();
    INFO(message);
    CHECK(outcome == ErrorCode::in_doubt);
    CHECK(runs == 1);
  }
};

}  // namespace

TEST_CASE_METHOD(HeldCommit, "a connection killed inside COMMIT is in doubt, and the session is not run again") {
  Database database = open(space.server().url());
  const std::string pid = start_commit(database);
  observer->query("SELECT pg_terminate_backend(?::integer)", {pid});
  check_in_doubt();
  CHECK(rows() == 0);  // this one the server rolled back
  CHECK(database.pool().statistics().in_use == 0);
  release();
  insert(database);
  CHECK(rows() == 1);
}

TEST_CASE_METHOD(HeldCommit, "a connection cut while COMMIT is at work is in doubt, and may still be committed afterwards") {
  Database database = open(proxy.url(space.server().url()));
  start_commit(database);
  proxy.cut();
  check_in_doubt();
  CHECK(rows() == 0);  // so looking does not help
  release();
  wait_until([&] { return rows() == 1; });
  insert(database);
  CHECK(rows() == 2);
}

TEST_CASE_METHOD(Fixture, "a commit whose answer is lost on the way is in doubt, and done") {
  Database database = open(proxy.url(space.server().url()));
  proxy.cut_answer_to("COMMIT");
  const InDoubtError error = error_of<InDoubtError>([&] { insert(database); });
  CHECK_FALSE(error.safe_to_retry());
  CHECK(proxy.cut_answers() == 1);
  CHECK(runs == 1);
  CHECK(rows() == 1);
  insert(database);
  CHECK(rows() == 2);
}

TEST_CASE_METHOD(Fixture, "a connection that died before COMMIT was sent is no doubt: the session runs again") {
  Database database = open(proxy.url(space.server().url()));
  database.with_session([&](Session& session) {
    insert(session);
    if (runs > 1) return;
    proxy.cut();
    wait_until([&] { return observer->query_value("SELECT count(*) FROM pg_stat_activity WHERE application_name = ?", {application}).as<int>() == 0; });
  });
  CHECK(runs == 2);
  CHECK(rows() == 1);
}

TEST_CASE_METHOD(Fixture, "a statement of its own whose answer is lost is in doubt; one inside a transaction is run again") {
  Database database = open(proxy.url(space.server().url()));
  {
    const auto lease = database.pool().acquire();
    proxy.cut_answer_to("INSERT");
    CHECK_THROWS_AS(lease->execute("INSERT INTO " + table + " VALUES (1)"), InDoubtError);
  }
  CHECK(rows() == 1);
  proxy.cut_answer_to("INSERT");
  insert(database);
  CHECK(runs == 2);
  CHECK(rows() == 2);
}
