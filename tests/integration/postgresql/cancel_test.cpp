#include <thread>

#include "integration/postgresql/support.hpp"
#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE("cancel() from another thread ends the running statement and leaves the connection usable") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  const std::string pid = backend_pid(*connection);
  std::jthread canceller([&] {
    wait_until([&] { return workspace.psql("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " + pid) == "t"; });
    connection->cancel();
  });
  const auto error = error_of<DatabaseError>([&] { connection->query("SELECT pg_sleep(30)"); });
  canceller.join();
  CHECK(error.code() == ErrorCode::cancelled);
  CHECK_FALSE(error.poisons_connection());
  connection->ping();
}

TEST_CASE("cancel() without a running statement does nothing") {
  const Workspace workspace(shared_server());
  const auto connection = workspace.connect();
  connection->cancel();
  wait_until([&] { try { connection->ping(); return true; } catch (const DatabaseError&) { return false; } });
  CHECK(connection->usable());
}
