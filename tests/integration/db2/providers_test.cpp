// Two providers behind one set of names: IBM's library where there is one, and the DRDA client beside it.
#include <soci/db2/soci-db2.h>
#include <soci/soci.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <string>
#include <thread>

#include "common/cli/diagnostics.hpp"
#include "db2/cli/provider.hpp"

using namespace millrace::db2::cli;

namespace {

void need_ibm() {
  const char* const home = std::getenv("IBM_DB_HOME");
  if (home == nullptr || *home == '\0') SKIP("IBM_DB_HOME is not set: IBM's CLI library is not tested (scripts/setup --with-ibm-cli)");
}

struct Handles {
  explicit Handles(Provider provider) {
    const ProviderScope scope(provider);
    REQUIRE(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment) == SQL_SUCCESS);
    REQUIRE(SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection) == SQL_SUCCESS);
  }
  ~Handles() {
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  std::string refused() const {
    std::string keywords = "DATABASE=x;HOSTNAME=127.0.0.1;PORT=1;PROTOCOL=TCPIP;UID=a;PWD=b;CONNECTTIMEOUT=5";
    CHECK(SQLDriverConnect(connection, nullptr, reinterpret_cast<SQLCHAR*>(keywords.data()), static_cast<SQLSMALLINT>(keywords.size()), nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT) == SQL_ERROR);
    const auto records = millrace::cli_db2::read_diagnostics(SQL_HANDLE_DBC, connection);
    REQUIRE_FALSE(records.empty());
    return records[0].sqlstate + " " + std::to_string(records[0].native) + " " + records[0].message;
  }
  SQLHENV environment = 0;
  SQLHDBC connection = 0;
};

}  // namespace

TEST_CASE("a refused port has the same SQLSTATE from either provider") {
  need_ibm();
  const Handles ibm(Provider::ibm), ours(Provider::drda);
  CHECK(ibm.environment < kFirstHandle);
  CHECK(ours.environment >= kFirstHandle);
  CHECK(ibm.refused().starts_with("08001 -30081 SQL30081N"));
  CHECK(ours.refused().starts_with("08001 "));
}

TEST_CASE("a scope chooses for its own thread, and until it ends") {
  need_ibm();
  const auto made = [] {
    SQLHENV environment = 0;
    REQUIRE(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment) == SQL_SUCCESS);
    REQUIRE(SQLFreeHandle(SQL_HANDLE_ENV, environment) == SQL_SUCCESS);
    return environment >= kFirstHandle ? Provider::drda : Provider::ibm;
  };
  {
    const ProviderScope scope(Provider::ibm);
    CHECK(made() == Provider::ibm);
    {
      const ProviderScope inner(Provider::drda);
      CHECK(made() == Provider::drda);
    }
    CHECK(made() == Provider::ibm);
    Provider elsewhere = Provider::ibm;
    std::thread([&] { elsewhere = made(); }).join();
    CHECK(elsewhere == Provider::drda);
  }
  CHECK(made() == Provider::drda);
}

TEST_CASE("SOCI's db2 backend opens sessions of either provider") {
  const auto message = [](Provider provider) -> std::string {
    try {
      const ProviderScope scope(provider);
      const soci::session session(soci::db2, "DATABASE=x;HOSTNAME=127.0.0.1;PORT=1;PROTOCOL=TCPIP;UID=a;PWD=b");
      return "connected";
    } catch (const soci::soci_error& error) {
      return error.what();
    }
  };
  CHECK(message(Provider::drda).find("SQLSTATE=08001") != std::string::npos);
  need_ibm();
  CHECK(message(Provider::ibm).find("SQLSTATE=08001") != std::string::npos);
}
