#include "integration/sqlite3/support.hpp"

#include <fstream>

#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a missing file is an error that names it, and nothing is created") {
  const TempDir dir;
  const std::string path = dir / "no.db";
  const ErrorInfo error = error_of([&] { open_sqlite(path, false); });
  CHECK(error.code == ErrorCode::connection_refused);
  CHECK_THAT(error.message, ContainsSubstring(path) && ContainsSubstring("--create"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("create_database makes a new file, which opens without it afterwards") {
  const TempDir dir;
  open_sqlite(dir / "new.db")->execute("CREATE TABLE t(a)");
  CHECK(open_sqlite(dir / "new.db", false)->table_exists({"", "t"}));
}

TEST_CASE("a database in memory works and is gone with its connection") {
  open_memory()->execute("CREATE TABLE t(a)");
  CHECK_FALSE(open_memory()->table_exists({"", "t"}));
}

TEST_CASE("any path opens exactly that file") {
  const TempDir dir;
  const std::string name = GENERATE(as<std::string>{}, "plain.db", "two words.db", " leading blank", "trailing blank ", "it's.db", "\"quoted\".db", "a=b", "a=b c=d.db", "a= b",
                                    "dbname=other.db", "x db=other.db", "x timeout=0.db", "a=\"b\" c.db", "\"=\" %41?mode=memory#f.db", "h\xC3\xA4\t\xE6\x9D\xB1.db", "file:x.db", ":x", ":memory:");
  INFO(name);
  open_sqlite(dir / name)->execute("CREATE TABLE t(a)");
  REQUIRE(std::filesystem::is_regular_file(dir / name));
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
  CHECK(open_sqlite(dir / name, false)->table_exists({"", "t"}));
}

TEST_CASE("relative paths that SQLite would read as something else open files") {
  const TempDir dir;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  for (const std::string name : {"file:x.db", ":x", " blank=\" .db", "dbname=y"}) {
    open_sqlite(name)->execute("CREATE TABLE t(a)");
    CHECK(std::filesystem::is_regular_file(dir / name));
  }
  std::filesystem::current_path(before);
}

TEST_CASE("what is no database gets a sentence of its own") {
  const TempDir dir;
  const auto message = [&](const std::string& path) {
    const ErrorInfo error = error_of([&] { open_sqlite(path); });
    CHECK(error.code == ErrorCode::connection_refused);
    CHECK_THAT(error.message, ContainsSubstring(path));
    return error.message;
  };
  std::filesystem::create_directory(dir / "directory");
  CHECK_THAT(message(dir / "directory"), ContainsSubstring("is a directory"));
  CHECK_THAT(message(dir / "nowhere" / "x.db"), ContainsSubstring("directory does not exist"));
  std::ofstream(dir / "text") << std::string(4096, 'x');
  CHECK_THAT(message(dir / "text"), ContainsSubstring("not a SQLite database"));
  REQUIRE(mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(message(dir / "pipe"), ContainsSubstring("not a regular file"));  // and does not wait for a writer
}

TEST_CASE("an unreadable file and a read-only one are told apart") {
  if (geteuid() == 0) SKIP("the superuser may read and write every file");
  const TempDir dir;
  const std::string path = dir / "x.db";
  open_sqlite(path)->execute("CREATE TABLE t(a)");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  CHECK_THAT(error_of([&] { open_sqlite(path, false); }).message, ContainsSubstring("may not read"));
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const auto connection = open_sqlite(path, false);
  CHECK(dump(*connection, "SELECT count(*) FROM t") == "0");
  const ErrorInfo error = error_of([&] { connection->execute("INSERT INTO t VALUES (1)"); });
  CHECK(error.code == ErrorCode::read_only);
  CHECK(error.sqlstate == "25006");
}

TEST_CASE("opening leaves the journal mode as it was found, and foreign keys are enforced") {
  const TempDir dir;
  for (const std::string mode : {"wal", "delete", "persist"}) {
    {
      const auto connection = open_sqlite(dir / mode);
      connection->query("PRAGMA journal_mode = " + mode);
      connection->execute("CREATE TABLE t(a)");
    }
    const auto connection = open_sqlite(dir / mode, false);
    connection->prepare_for_load({});
    if (mode != "persist") CHECK(dump(*connection, "PRAGMA journal_mode") == mode);  // persist is a property of connections
    CHECK(dump(*connection, "PRAGMA foreign_keys") == "1");
  }
}

TEST_CASE("the server names itself") {
  const ServerInfo server = open_memory()->server();
  CHECK(server.product == "SQLite");
  CHECK(server.major == 3);
  CHECK(server.version.starts_with("3."));
}
