#include "millrace/access/database_config.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "config_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

DatabaseConfig from(const ConfigSources& sources) { return DatabaseConfig::from(sources); }
ConnectionConfig connection_from(const ConfigSources& sources) { return DatabaseConfig::from(sources).connection; }

const std::string kUrl = "postgresql://app:pw@db/prod";

}  // namespace

TEST_CASE("the variables of SQLAlchemy layers set the pool and the retry policy, with the same defaults") {
  const DatabaseConfig defaults = from(sources_of({{"DATABASE_URL", kUrl}}));
  CHECK(defaults.connection == ConnectionConfig::from_url(kUrl));
  CHECK(defaults.pool.size == 5);
  CHECK(defaults.pool.overflow == 10);
  CHECK(defaults.pool.acquire_timeout == 30s);
  CHECK(defaults.retry.attempts == 3);
  CHECK(defaults.retry.initial_delay == 1s);
  CHECK_FALSE(defaults.connection.connect_timeout.has_value());

  const DatabaseConfig config = from(sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_SIZE", "20"}, {"DB_MAX_OVERFLOW", "0"}, {"DB_POOL_TIMEOUT", "2.5"}, {"DB_MAX_RETRIES", "7"},
                                                 {"DB_RETRY_DELAY", "0.25"}, {"DB_POOL_MIN", "4"}, {"DB_CONNECT_TIMEOUT", "3"}, {"DB_STATEMENT_TIMEOUT", "1500ms"}}));
  CHECK(config.pool.size == 20);
  CHECK(config.pool.overflow == 0);
  CHECK(config.pool.min == 4);
  CHECK(config.pool.acquire_timeout == 2500ms);
  CHECK(config.retry.attempts == 7);
  CHECK(config.retry.initial_delay == 250ms);
  CHECK(config.connection.connect_timeout == 3s);
  CHECK(config.connection.statement_timeout == 1500ms);
}

TEST_CASE("explicit beats environment beats .env beats JSON beats default, key by key") {
  const Folder folder;
  const std::string env_file = folder.write("x.env", "DB_POOL_SIZE=30\nDB_MAX_OVERFLOW=31\nDB_POOL_TIMEOUT=32\nDATABASE_URL=postgresql://from-env-file/db\n");
  ConfigSources sources = sources_of({{"DB_POOL_SIZE", "40"}}, R"({"connection": {"url": "postgresql://from-json/db"}, "pool": {"size": 20, "overflow": 21, "min": 2, "max_idle": "5m"}})");
  sources.env_file = env_file;
  DatabaseConfig config = from(sources);
  CHECK(config.pool.size == 40);
  CHECK(config.pool.overflow == 31);
  CHECK(config.pool.acquire_timeout == 32s);
  CHECK(config.pool.min == 2);
  CHECK(config.pool.max_idle == 5min);
  CHECK(config.pool.max_lifetime == 30min);
  CHECK(config.connection.host == "from-env-file");

  sources.environment = environment_of({{"DATABASE_URL", "postgresql://from-environment/db"}});
  CHECK(connection_from(sources).host == "from-environment");
  sources.url = "postgresql://given/db";
  CHECK(connection_from(sources).host == "given");
  sources.url.clear();
  sources.environment = environment_of({{"DATABASE_URL", ""}});
  CHECK(connection_from(sources).host == "from-env-file");
  sources.env_file = "";
  CHECK(connection_from(sources).host == "from-json");
}

TEST_CASE("a URL replaces the whole place that a weaker one names, passwords included") {
  const std::string json = R"({"connection": {"scheme": "postgresql", "host": "prod", "port": 5433, "database": "orders", "user": "app", "password": "hunter2",
                                              "parameters": {"options": "-c a=b"}, "connect_timeout": 4}})";
  const ConnectionConfig config = connection_from(sources_of({{"DATABASE_URL", "postgresql://localhost/test"}}, json));
  CHECK(config.display() == "postgresql://localhost/test");
  CHECK_FALSE(config.has_password);
  CHECK(config.connect_timeout == 4s);  // no part of where the database is
  CHECK(connection_from(sources_of({{"DATABASE_URL", "sqlite:x.db"}}, json)).display() == "sqlite:x.db");
}

TEST_CASE("credentials of a JSON file that names no place fill a URL's gaps") {
  const Folder folder;
  const std::string secret = folder.write("secret", "hunter2\n");
  const std::string json = R"({"connection": {"user": "app", "password_file": ")" + secret + R"(", "parameters": {"application_name": "jobs"}}})";
  ConnectionConfig config = connection_from(sources_of({{"DATABASE_URL", "postgresql://db/prod"}}, json));
  CHECK(config.url_with_password() == "postgresql://app:hunter2@db/prod?application_name=jobs");
  config = connection_from(sources_of({{"DATABASE_URL", "postgresql://me:own@db/prod?application_name=x"}}, json));
  CHECK(config.url_with_password() == "postgresql://me:own@db/prod?application_name=x");
  CHECK(connection_from(sources_of({{"DATABASE_URL", "sqlite:x.db"}}, json)) == ConnectionConfig::from_url("sqlite:x.db"));
}

TEST_CASE("a URL's parameters beat what weaker places say about the same") {
  const std::string json = R"({"connection": {"connect_timeout": 4, "tls": {"mode": "verify-full", "root_certificate": "ca.pem"}}})";
  ConnectionConfig config = connection_from(sources_of({{"DATABASE_URL", "postgresql://db/prod?connect_timeout=9&sslmode=disable"}}, json));
  CHECK_FALSE(config.connect_timeout.has_value());
  CHECK(config.tls.mode == TlsMode::driver_default);
  CHECK(config.tls.root_certificate == "ca.pem");
  config = connection_from(sources_of({{"DATABASE_URL", "postgresql://db/prod?connect_timeout=9"}, {"DB_CONNECT_TIMEOUT", "2"}}, json));
  CHECK(config.connect_timeout == 2s);  // as strong as its URL, and says it on its own
  CHECK(config.tls.mode == TlsMode::verify_full);
}

// ---- libpq's variables

TEST_CASE("PG* variables fill the gaps of a postgresql URL and replace nothing in it") {
  const Variables pg = {{"PGHOST", "pg-host"}, {"PGPORT", "6000"}, {"PGDATABASE", "pg-db"}, {"PGUSER", "pg-user"}, {"PGPASSWORD", "pg pw"}, {"PGSSLMODE", "require"},
                        {"PGSSLROOTCERT", "ca.pem"}, {"PGSSLCERT", "c.pem"}, {"PGSSLKEY", "k.pem"}, {"PGCONNECT_TIMEOUT", "7"}, {"PGAPPNAME", "jobs"}, {"PGOPTIONS", "-c x=y"}, {"PGPASSFILE", "/p"}};
  const auto with = [&](const std::string& url) { Variables all = pg; all["DATABASE_URL"] = url; return connection_from(sources_of(all)); };
  ConnectionConfig config = with("postgresql://");
  CHECK(config.host == "pg-host");
  CHECK(config.port == "6000");
  CHECK(config.database == "pg-db");
  CHECK(config.user == "pg-user");
  CHECK(config.password == Secret("pg pw"));
  CHECK(config.has_password);
  CHECK(config.parameters == std::map<std::string, std::string>{{"application_name", "jobs"}, {"connect_timeout", "7"}, {"options", "-c x=y"}, {"passfile", "/p"}, {"sslcert", "c.pem"},
                                                                {"sslkey", "k.pem"}, {"sslmode", "require"}, {"sslrootcert", "ca.pem"}});
  config = with("postgres://u:p@h:1/d?sslmode=disable&application_name=a");
  CHECK(config.url_with_password() == "postgres://u:p@h:1/d?application_name=a&connect_timeout=7&options=-c%20x%3Dy&passfile=%2Fp&sslcert=c.pem&sslkey=k.pem&sslmode=disable&sslrootcert=ca.pem");
  CHECK(with("sqlite:x.db") == ConnectionConfig::from_url("sqlite:x.db"));
  CHECK(with("db2://h/db") == ConnectionConfig::from_url("db2://h/db"));
}

TEST_CASE("without any URL a PGHOST, a PGDATABASE or a PGSERVICE makes a postgresql configuration") {
  CHECK(connection_from(sources_of({{"PGHOST", "h"}})).display() == "postgresql://h");
  CHECK(connection_from(sources_of({{"PGDATABASE", "d"}, {"PGUSER", "u"}})).display() == "postgresql://u@/d");
  CHECK(connection_from(sources_of({{"PGSERVICE", "s"}})).display() == "postgresql://?service=s");
  CHECK_THAT(refusal_of(sources_of({{"PGUSER", "u"}, {"PGPASSWORD", "p"}, {"PGHOST", ""}})), StartsWith("no database is configured"));
}

TEST_CASE("PG* variables work from the .env file, weaker than the environment's") {
  const Folder folder;
  ConfigSources sources = sources_of({{"PGUSER", "from-environment"}});
  sources.env_file = folder.write("x.env", "PGHOST=h\nPGUSER=from-file\nPGPASSWORD='p w'\n");
  CHECK(connection_from(sources).url_with_password() == "postgresql://from-environment:p%20w@h");
}

TEST_CASE("a password does not follow to a server that a stronger place names") {
  const Folder folder;
  const auto with = [&](const std::string& env_file, const Variables& environment, std::optional<std::string> json = {}) {
    ConfigSources sources = sources_of(environment, std::move(json));
    sources.env_file = folder.write("x.env", env_file);
    return connection_from(sources);
  };
  const std::string json = R"({"connection": {"scheme": "postgresql", "host": "prod", "user": "app", "password": "hunter2"}})";
  const std::string own = "\nPGUSER=app\nPGPASSWORD=hunter2\n";
  for (const ConnectionConfig& config : {with("", {{"PGHOST", "other"}}, json), with("PGHOST=other\n", {}, json), with("PGHOST=prod" + own, {{"PGHOST", "other"}}),
                                         with("PGHOST=prod" + own, {{"DATABASE_URL", "postgresql://other/db"}}), with("PGSERVICE=prod" + own, {{"DATABASE_URL", "postgresql://other/db"}}),
                                         with("DATABASE_URL=postgresql://prod/db" + own, {{"DATABASE_URL", "postgresql://other/db"}})}) {
    CHECK(config.host == "other");
    CHECK(config.user.empty());
    CHECK_FALSE(config.has_password);
    CHECK(config.password.empty());
  }
  // Credentials alone are meant for whatever server is named; and a place's own go with its own server.
  CHECK(with(own, {{"DATABASE_URL", "postgresql://other/db"}}).password == Secret("hunter2"));
  CHECK(with("PGHOST=prod" + own, {}).password == Secret("hunter2"));
  CHECK(with("DATABASE_URL=postgresql://prod/db" + own, {}).password == Secret("hunter2"));
  CHECK(with("", {{"PGHOST", "other"}, {"PGPASSWORD", "new"}}, json).password == Secret("new"));
  CHECK(with("", {{"PGDATABASE", "db"}}, json).password == Secret("hunter2"));
}

TEST_CASE("PG* variables beat the keys of a JSON file, but not its URL") {
  const Variables pg = {{"PGHOST", "pg"}, {"PGPASSWORD", "new"}, {"PGSSLMODE", "require"}};
  ConnectionConfig config = connection_from(sources_of(pg, R"({"connection": {"scheme": "postgresql", "host": "json", "user": "u", "password": "old", "tls": {"mode": "disable"}}})"));
  CHECK(config.url_with_password() == "postgresql://:new@pg?sslmode=require");
  CHECK(config.tls.mode == TlsMode::driver_default);
  config = connection_from(sources_of(pg, R"({"connection": {"url": "postgresql://json/db?sslmode=disable", "password_file": "/absent"}})"));
  CHECK(config.url_with_password() == "postgresql://:new@json/db?sslmode=disable");
}

TEST_CASE("with a service the environment's PG* variables are left to libpq, which asks the service first") {
  const ConnectionConfig config = connection_from(sources_of({{"PGSERVICE", "prod"}, {"PGHOST", "h"}, {"PGUSER", "u"}}));
  CHECK(config.display() == "postgresql://?service=prod");
}

TEST_CASE("PG* variables are checked where libpq would take them") {
  CHECK_THAT(refusal_of(sources_of({{"PGHOST", "h"}, {"PGPORT", "70000"}})), Equals("PGPORT in the environment must be a port from 1 to 65535, or a list of these"));
  CHECK_THAT(refusal_of(sources_of({{"PGHOST", "h"}, {"PGSSLMODE", "verify_full"}})), StartsWith("PGSSLMODE in the environment must be disable, allow, prefer"));
  CHECK_THAT(refusal_of(sources_of({{"PGHOST", "h"}, {"PGCONNECT_TIMEOUT", "5s"}})), StartsWith("PGCONNECT_TIMEOUT in the environment must be a whole number"));
  CHECK(connection_from(sources_of({{"PGHOST", "a,b"}, {"PGPORT", "1,2"}, {"PGSSLMODE", "allow"}})).port == "1,2");
  CHECK_THAT(refusal_of(sources_of({{"PGHOST", "a,b"}, {"PGPORT", "1,2,3"}})), StartsWith("PGPORT in the environment lists 3 ports for 2 hosts in PGHOST in the environment"));
}

// ---- What is wrong, and where

TEST_CASE("an error names the variable and where it came from, and what to write") {
  const Folder folder;
  const auto in_file = [&](const std::string& line) {
    ConfigSources sources = sources_of({{"DATABASE_URL", kUrl}});
    sources.env_file = folder.write("x.env", line + "\n");
    const std::string message = refusal_of(sources), name = "the file " + *sources.env_file;
    const std::size_t at = message.find(name);
    return at == std::string::npos ? message : message.substr(0, at) + "FILE" + message.substr(at + name.size());
  };
  CHECK_THAT(in_file("DB_POOL_SIZE=many"), Equals("DB_POOL_SIZE in FILE must be a whole number of at least 1"));
  CHECK_THAT(in_file("DB_POOL_SIZE="), Equals("DB_POOL_SIZE in FILE must be a whole number of at least 1, but it is empty"));
  CHECK_THAT(in_file("DB_POOL_SIZE=0"), Equals("DB_POOL_SIZE in FILE must be at least 1"));
  CHECK_THAT(in_file("DB_MAX_RETRIES=0"), Equals("DB_MAX_RETRIES in FILE must be at least 1"));
  CHECK_THAT(in_file("DB_POOL_TIMEOUT=0"), Equals("DB_POOL_TIMEOUT in FILE must be greater than 0"));
  CHECK_THAT(in_file("DB_CONNECT_TIMEOUT=0"), Equals("DB_CONNECT_TIMEOUT in FILE must be greater than 0 and at most 24 days"));
  CHECK_THAT(in_file("DB_STATEMENT_TIMEOUT=0s"), Equals("DB_STATEMENT_TIMEOUT in FILE must be greater than 0 and at most 24 days"));
  CHECK_THAT(in_file("DB_RETRY_DELAY=-1"), StartsWith("DB_RETRY_DELAY in FILE must be a number of seconds"));
}

TEST_CASE("numbers are read to their end") {
  for (const char* bad : {"5 ", " 5", "5x", "5.0", "+5", "0x5", "5e0", "-5", "99999999999", "99999999999999999999999", "five", "5,5"}) {
    CAPTURE(bad);
    CHECK_THAT(refusal_of(sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_SIZE", bad}})), StartsWith("DB_POOL_SIZE in the environment must be a whole number"));
  }
  for (const char* bad : {"5 ", " 5", "5x", "+5", "-5", "nan", "inf", "1e3", "0x5", "5 s s", "ms", "5ns", "5d", "2147484", "1e999", "999999999999999999999h", "."}) {
    CAPTURE(bad);
    CHECK_THAT(refusal_of(sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_TIMEOUT", bad}})), StartsWith("DB_POOL_TIMEOUT in the environment must be a number of seconds"));
  }
}

TEST_CASE("durations count seconds or carry a unit, and never round to nothing") {
  const auto timeout = [](const char* text) { return from(sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_TIMEOUT", text}})).pool.acquire_timeout; };
  CHECK(timeout("30") == 30s);
  CHECK(timeout("1.1") == 1100ms);
  CHECK(timeout("500ms") == 500ms);
  CHECK(timeout("1.5 h") == 90min);
  CHECK(timeout("2m") == 2min);
  CHECK(timeout("0.00001") == 1ms);
  CHECK(timeout("2147483.647") == 2147483647ms);
}

TEST_CASE("a contradiction names both keys and where both came from") {
  CHECK_THAT(refusal_of(sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_SIZE", "2"}}, R"({"pool": {"min": 3}})")),
             Equals("pool.min in the file config.json must be at most DB_POOL_SIZE in the environment"));
  CHECK_THAT(refusal_of(sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_MIN", "6"}})), Equals("DB_POOL_MIN in the environment must be at most pool.size (by default)"));
  CHECK_THAT(refusal_of(sources_of({{"DATABASE_URL", kUrl}, {"DB_RETRY_DELAY", "60"}}, R"({"retry": {"max_delay": "10s"}})")),
             Equals("retry.max_delay in the file config.json must be at least DB_RETRY_DELAY in the environment"));
}

TEST_CASE("without any database the message says where was looked") {
  const Folder folder;
  ConfigSources sources = sources_of({{"DATABASE_URL", ""}}, R"({"pool": {"size": 3}})");
  sources.env_file = folder.write("x.env", "OTHER=1\n");
  sources.url_name = "--to";
  const std::string message = refusal_of(sources);
  for (const char* part : {"--to is not given", "environment", "DATABASE_URL", "PGHOST", "PGDATABASE", "PGSERVICE", "the file config.json", "connection.url", "postgresql://user@host"}) CHECK_THAT(message, ContainsSubstring(part));
  CHECK_THAT(message, ContainsSubstring(*sources.env_file));
  CHECK_THAT(refusal_of(sources_of({})), !ContainsSubstring(".env") && !ContainsSubstring("JSON") && !ContainsSubstring("is not given"));
}

TEST_CASE("a malformed URL is refused with the name of its place") {
  CHECK_THAT(refusal_of(sources_of({{"DATABASE_URL", "postgresql://h:port/db"}})), StartsWith("DATABASE_URL in the environment: the postgresql URL has a port"));
  CHECK_THAT(refusal_of(sources_of({}, R"({"connection": {"url": "db/prod"}})")), StartsWith("connection.url in the file config.json: the connection URL does not begin with a scheme"));
  ConfigSources sources = sources_of({});
  sources.url = "postgresql://h?x";
  CHECK_THAT(refusal_of(sources), StartsWith("the postgresql URL has a parameter"));
  sources.url_name = "--to";
  CHECK_THAT(refusal_of(sources), StartsWith("--to: the postgresql URL has a parameter"));
}

TEST_CASE("white space around a variable's URL is no part of it") {
  CHECK(connection_from(sources_of({{"DATABASE_URL", " \tpostgresql://u@h/db\r\n"}})).display() == "postgresql://u@h/db");
}

TEST_CASE("files that are named must exist, and files that exist must be readable") {
  const Folder folder;
  ConfigSources sources = sources_of({{"DATABASE_URL", kUrl}});
  sources.env_file = folder.path("absent.env");
  CHECK_THAT(refusal_of(sources), StartsWith("the file " + *sources.env_file + " can not be read: No such file"));
  std::filesystem::create_directory(folder.path("directory"));
  sources.env_file = folder.path("directory");
  CHECK_THAT(refusal_of(sources), ContainsSubstring("Is a directory"));
  sources.env_file = "";
  sources.json_file = folder.path("absent.json");
  CHECK_THAT(refusal_of(sources), StartsWith("the file " + sources.json_file + " can not be read: No such file"));
  sources.json_file = folder.write("config.json", R"({"pool": {"size": 9}})");
  CHECK(from(sources).pool.size == 9);
  CHECK_THAT(refusal_of(sources_of({}, R"({"connection": {"scheme": "postgresql", "password_file": ")" + folder.path("absent") + "\"}}")),
             StartsWith("connection.password_file in the file config.json names a file that can not be read"));
  CHECK_THAT(refusal_of(sources_of({}, R"({"connection": {"scheme": "postgresql", "password_file": ")" + folder.write("empty", "\n") + "\"}}")), ContainsSubstring("first line is empty"));
}

TEST_CASE("the .env file of the current directory is looked for by itself, and may be missing") {
  const Folder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  ConfigSources sources = sources_of({});
  sources.env_file.reset();
  const std::string missing = refusal_of(sources);
  folder.write(".env", "DATABASE_URL=sqlite:x.db\n");
  const std::string found = refusal_of([&] { CHECK(connection_from(sources).database == "x.db"); });
  std::filesystem::remove(folder.path(".env"));
  std::filesystem::create_directory(folder.path(".env"));
  const std::string directory = refusal_of(sources);
  std::filesystem::current_path(before);
  CHECK_THAT(missing, ContainsSubstring(std::filesystem::canonical(folder.path("")).string()) && ContainsSubstring(".env does not exist"));
  CHECK(found.empty());
  CHECK_THAT(directory, StartsWith("the file .env can not be read: Is a directory"));
}

TEST_CASE("the process's environment is looked at where no other is given") {
  ConfigSources sources;
  sources.env_file = "";
  ::setenv("DB_POOL_SIZE", "17", 1);
  sources.url = "sqlite:x.db";
  const DatabaseConfig config = from(sources);
  ::unsetenv("DB_POOL_SIZE");
  CHECK(config.pool.size == 17);
}

TEST_CASE("programs that need no pool are not stopped by the pool's variables") {
  const ConfigSources sources = sources_of({{"DATABASE_URL", kUrl}, {"DB_POOL_SIZE", "many"}, {"DB_CONNECT_TIMEOUT", "2"}});
  CHECK(ConnectionConfig::from(sources).connect_timeout == 2s);
  CHECK_FALSE(refusal_of(sources).empty());
  CHECK_THAT(refusal_of([] { ConnectionConfig::from(sources_of({{"DATABASE_URL", kUrl}}, R"({"pool": {"siez": 1}})")); }), ContainsSubstring("pool.siez"));
}

// ---- Configurations of a program's own

TEST_CASE("validate names what a program set wrong") {
  const auto refusal = [](auto change) {
    DatabaseConfig config = DatabaseConfig::from_url(kUrl);
    change(config);
    return refusal_of([&] { config.validate(); });
  };
  CHECK(refusal([](DatabaseConfig&) {}).empty());
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection.scheme.clear(); }), StartsWith("connection.scheme is missing"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection.port = "65536"; }), StartsWith("connection.port"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection.connect_timeout = 0ms; }), StartsWith("connection.connect_timeout must be greater than 0"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection.statement_timeout = std::chrono::hours(1000); }), StartsWith("connection.statement_timeout must be"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection.user = std::string("a\0b", 3); }), Equals("connection.user contains a NUL byte"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection.has_password = false; }), StartsWith("connection.password is set, but has_password is not"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.connection = ConnectionConfig::from_url("sqlite:x"); c.connection.host = "h"; }), StartsWith("connection.host means nothing"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.pool.min = 9; }), Equals("pool.min must be at most pool.size"));
  CHECK_THAT(refusal([](DatabaseConfig& c) { c.retry.attempts = 0; }), Equals("retry.attempts must be at least 1"));
  CHECK(refusal([](DatabaseConfig& c) { c.connection.password = Secret(); }).empty());  // an empty password is one
}
