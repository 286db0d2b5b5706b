#include "odbc/connect_string.hpp"

#include <algorithm>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "millrace/access/error.hpp"

using namespace millrace;
using namespace millrace::cli_odbc;
using namespace std::chrono_literals;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(std::string_view connection) {
  Pairs pairs;
  for (const Keyword& keyword : keywords_of(connection)) pairs.emplace_back(keyword.key, keyword.value);
  return pairs;
}

ConnectionConfig config_of(std::string connection) {
  ConnectionConfig config;
  config.scheme = "odbc";
  config.parameters["connection"] = std::move(connection);
  return config;
}

std::size_t times(const std::string& text, std::string_view key) {
  const Pairs pairs = pairs_of(text);
  return static_cast<std::size_t>(std::count_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; }));
}

/// The last value of a keyword, which is the one that counts.
std::string value_of(const std::string& text, std::string_view key) {
  std::string value = "(none)";
  for (const auto& [name, given] : pairs_of(text)) {
    if (name == key) value = given;
  }
  return value;
}

}  // namespace

TEST_CASE("a connection string is read as keywords and values in their order") {
  CHECK(pairs_of("DSN=warehouse;UID=me") == Pairs{{"DSN", "warehouse"}, {"UID", "me"}});
  CHECK(pairs_of("DSN=warehouse;") == Pairs{{"DSN", "warehouse"}});
  CHECK(pairs_of("a=b=c;d==") == Pairs{{"a", "b=c"}, {"d", "="}});
  CHECK(pairs_of("").empty());
}

TEST_CASE("a value in braces may hold what ends others") {
  CHECK(pairs_of("Driver={My ; Driver=1};UID=me") == Pairs{{"Driver", "My ; Driver=1"}, {"UID", "me"}});
  CHECK(pairs_of("a={b}}c};d=e") == Pairs{{"a", "b}c"}, {"d", "e"}});
  CHECK(pairs_of("a={}}}}};d=e") == Pairs{{"a", "}}"}, {"d", "e"}});
  CHECK(pairs_of("a={}};b=c") == Pairs{{"a", "};b=c"}});               // braces that do not end
  CHECK(pairs_of("a={};d=e") == Pairs{{"a", ""}, {"d", "e"}});
  CHECK(pairs_of("a={{b};d=e") == Pairs{{"a", "{b"}, {"d", "e"}});
  CHECK(pairs_of("a=b{c;d=e") == Pairs{{"a", "b{c"}, {"d", "e"}});     // a brace in the middle is a character
  CHECK(pairs_of("a={ b }  ;d=e") == Pairs{{"a", " b "}, {"d", "e"}});
}

TEST_CASE("blanks around keywords and values are not theirs") {
  CHECK(pairs_of(" DSN = warehouse ; UID = me ") == Pairs{{"DSN", "warehouse"}, {"UID", "me"}});
  CHECK(pairs_of("a= {b} ;c=d") == Pairs{{"a", "b"}, {"c", "d"}});
  CHECK(pairs_of("Database=daily trades") == Pairs{{"Database", "daily trades"}});
}

TEST_CASE("a value may be empty") {
  CHECK(pairs_of("PWD=;UID=me") == Pairs{{"PWD", ""}, {"UID", "me"}});
  CHECK(pairs_of("PWD=") == Pairs{{"PWD", ""}});
  CHECK(pairs_of("PWD=  ;UID=me") == Pairs{{"PWD", ""}, {"UID", "me"}});
}

TEST_CASE("a piece of a connection string without a value hides no other keyword") {
  CHECK(pairs_of(";DSN=warehouse;;UID=me;") == Pairs{{"DSN", "warehouse"}, {"UID", "me"}});
  CHECK(pairs_of("flag;DSN=warehouse") == Pairs{{"DSN", "warehouse"}});
  CHECK_THROWS_AS(connect_string(config_of("DSN=x;;Protocol=7.4-1"), KnownDriver::psqlodbc), ConfigError);
}

TEST_CASE("a driver that needs settings is known by its name or its library's") {
  for (const char* driver : {"PostgreSQL Unicode", "postgresql", "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so", "PSQLODBC"}) CHECK(known_driver(driver) == KnownDriver::psqlodbc);
  for (const char* driver : {"SQLite3", "sqlite", "/usr/lib/odbc/libsqlite3odbc.so"}) CHECK(known_driver(driver) == KnownDriver::sqliteodbc);
  for (const char* driver : {"", "IBM DB2 ODBC DRIVER", "ODBC Driver 18 for SQL Server", "libtdsodbc.so"}) CHECK(known_driver(driver) == KnownDriver::other);
}

TEST_CASE("a driver's library is not known by the folder that it lies in") {
  CHECK(known_driver("/opt/postgresql/odbc/libtdsodbc.so") == KnownDriver::other);
  CHECK(known_driver("/srv/sqlite-tools/psqlodbcw.so") == KnownDriver::psqlodbc);
}

TEST_CASE("a driver that is not known gets what the user says and nothing else") {
  CHECK(connect_string(config_of("DSN=warehouse;UID=me"), KnownDriver::other) == "DSN=warehouse;UID=me");
}

TEST_CASE("a password stands in braces, its own closing ones doubled") {
  ConnectionConfig config = config_of("DSN=warehouse");
  config.password = Secret("a};b=}}c");
  config.has_password = true;
  const std::string text = connect_string(config, KnownDriver::other);
  CHECK(text == "DSN=warehouse;PWD={a}};b=}}}}c}");
  CHECK(value_of(text, "PWD") == "a};b=}}c");
  config.password = Secret("");
  CHECK(connect_string(config, KnownDriver::other) == "DSN=warehouse;PWD={}");   // an empty password differs from none
}

TEST_CASE("psqlODBC is told what a load needs") {
  CHECK(connect_string(config_of("DSN=pg"), KnownDriver::psqlodbc) ==
        "DSN=pg;Protocol=7.4-0;LFConversion=0;BoolsAsChar=1;UnknownsAsLongVarchar=1;UseServerSidePrepare=1");
}

TEST_CASE("psqlODBC's settings that the user gives stay, in any case of their letters") {
  const std::string text = connect_string(config_of("DSN=pg;lfconversion=1;BOOLSASCHAR=0;UseServerSidePrepare = 0"), KnownDriver::psqlodbc);
  CHECK(text == "DSN=pg;lfconversion=1;BOOLSASCHAR=0;UseServerSidePrepare = 0;Protocol=7.4-0;UnknownsAsLongVarchar=1");
}

TEST_CASE("psqlODBC's Protocol is not the user's to choose") {
  for (const char* text : {"DSN=pg;Protocol=7.4-1", "protocol=7.4;DSN=pg", "DSN=pg; PROTOCOL ={7.4-2}"}) {
    INFO(text);
    CHECK_THROWS_AS(connect_string(config_of(text), KnownDriver::psqlodbc), ConfigError);
  }
  CHECK_NOTHROW(connect_string(config_of("DSN={Protocol=7.4-1}"), KnownDriver::psqlodbc));
  CHECK_NOTHROW(connect_string(config_of("DSN=x;Protocol=1"), KnownDriver::other));
}

TEST_CASE("psqlODBC's TLS settings win over the connection string") {
  ConnectionConfig config = config_of("DSN=pg;SSLmode=disable");
  config.tls.mode = TlsMode::verify_full;
  config.tls.root_certificate = "/etc/ca dir/root.pem";
  const std::string text = connect_string(config, KnownDriver::psqlodbc);
  CHECK(value_of(text, "SSLmode") == "verify-full");
  CHECK(value_of(text, "pqopt") == "sslrootcert='/etc/ca dir/root.pem'");
  config.tls = {};
  CHECK(times(connect_string(config, KnownDriver::psqlodbc), "SSLmode") == 1);   // nothing is set: what the user says counts
  CHECK(times(connect_string(config, KnownDriver::psqlodbc), "pqopt") == 0);
}

TEST_CASE("a quote in the path of psqlODBC's root certificate does not end it") {
  ConnectionConfig config = config_of("DSN=pg");
  config.tls.root_certificate = R"(/etc/o'brien\ca.pem)";
  CHECK(value_of(connect_string(config, KnownDriver::psqlodbc), "pqopt") == R"(sslrootcert='/etc/o\'brien\\ca.pem')");
}

TEST_CASE("a root certificate that psqlODBC would not be told of is refused") {
  ConnectionConfig config = config_of("DSN=pg;pqopt={keepalives=1}");
  CHECK_NOTHROW(connect_string(config, KnownDriver::psqlodbc));
  config.tls.root_certificate = "/etc/root.pem";
  CHECK_THROWS_AS(connect_string(config, KnownDriver::psqlodbc), ConfigError);
}

TEST_CASE("psqlODBC waits for a connection as long as is configured, in whole seconds") {
  ConnectionConfig config = config_of("DSN=pg");
  config.connect_timeout = 2500ms;
  CHECK(value_of(connect_string(config, KnownDriver::psqlodbc), "pqopt") == "connect_timeout=3");
  config.connect_timeout = 1ms;                                                // 0 would be for ever
  CHECK(value_of(connect_string(config, KnownDriver::psqlodbc), "pqopt") == "connect_timeout=1");
  config.tls.root_certificate = "/root.pem";
  CHECK(value_of(connect_string(config, KnownDriver::psqlodbc), "pqopt") == "connect_timeout=1 sslrootcert='/root.pem'");
}

TEST_CASE("a client certificate is refused where psqlODBC can not be told of it") {
  ConnectionConfig config = config_of("DSN=pg");
  config.tls.certificate = "/me.pem";
  CHECK_THROWS_AS(connect_string(config, KnownDriver::psqlodbc), ConfigError);
  config.tls.certificate.clear();
  config.tls.key = "/me.key";
  CHECK_THROWS_AS(connect_string(config, KnownDriver::psqlodbc), ConfigError);
}

TEST_CASE("SQLite's driver is told what a load needs") {
  ConnectionConfig config = config_of("Driver=SQLite3;Database=/data/x.db");
  CHECK(connect_string(config, KnownDriver::sqliteodbc) == "Driver=SQLite3;Database=/data/x.db;NoCreat=1;FKSupport=1;BigInt=1;StepAPI=0;Timeout=1");
  config.create_database = true;
  CHECK(value_of(connect_string(config, KnownDriver::sqliteodbc), "NoCreat") == "0");
}

TEST_CASE("settings of SQLite's driver that the user gives stay") {
  const std::string given = "Driver=SQLite3;nocreat=0;FKSUPPORT=0;StepAPI=1";
  CHECK(connect_string(config_of(given), KnownDriver::sqliteodbc) == given + ";BigInt=1;Timeout=1");
}

// It knows no braces: a semicolon in them takes away whatever comes next.
TEST_CASE("SQLite's driver reads its settings before a password") {
  ConnectionConfig config = config_of("Driver=SQLite3;Database=/data/x.db");
  config.password = Secret("a;b");
  config.has_password = true;
  CHECK(connect_string(config, KnownDriver::sqliteodbc).ends_with(";NoCreat=1;FKSupport=1;BigInt=1;StepAPI=0;Timeout=1;PWD={a;b}"));
}

TEST_CASE("TLS settings are refused where a driver can not be told of them") {
  for (const KnownDriver driver : {KnownDriver::other, KnownDriver::sqliteodbc}) {
    ConnectionConfig config = config_of("DSN=warehouse");
    config.tls.mode = TlsMode::require;
    CHECK_THROWS_AS(connect_string(config, driver), ConfigError);
    config.tls = {};
    config.tls.root_certificate = "/root.pem";
    CHECK_THROWS_AS(connect_string(config, driver), ConfigError);
  }
}

TEST_CASE("what a connection string refuses shows nothing of it") {
  ConnectionConfig config = config_of("DSN=pg;Protocol=7.4-1;Extra=hidden");
  config.password = Secret("hidden");
  config.has_password = true;
  try {
    (void)connect_string(config, KnownDriver::psqlodbc);
    FAIL("it was not refused");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).find("hidden") == std::string::npos);
  }
}
