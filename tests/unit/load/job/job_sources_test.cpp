// Jobs from job files, configuration files, the command line and the environment.

#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "job_support.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

namespace {

ConfigSources sources_of(const std::string& json, std::map<std::string, std::string> variables = {}) {
  ConfigSources sources;
  sources.environment = [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  sources.env_file = "";
  sources.json = json;
  sources.json_file = "config.json";
  return sources;
}

LoadJob found(const ConfigSources& sources, const std::string& given = "{}") {
  LoadJob job = read_job(sources, given);
  find_database(job, sources);
  return job;
}

const std::string kSections = R"({"connection": {"url": "postgresql://app:hunter2@db/prod", "connect_timeout": 3, "tls": {"mode": "verify-full"}}, "pool": {"size": 3}, "retry": {"attempts": 2},
                                  "load": {"source": "a.csv", "table": "t", "key": ["id"], "writers": 4, "retry_delay": "2s"}})";

}  // namespace

TEST_CASE("a configuration file makes a job of its sections connection and load") {
  const LoadJob job = found(sources_of(kSections));
  CHECK(job.source == "a.csv");
  CHECK(job.writers == 4);
  CHECK(job.retry_delay == 2s);
  CHECK(job.given == std::set<std::string>{"source", "table", "key", "writers", "retry_delay"});
  CHECK_NOTHROW(job.validate());
  const ConnectionConfig connection = job.connection();
  CHECK(connection.url_with_password() == "postgresql://app:hunter2@db/prod");
  CHECK(connection.connect_timeout == 3s);
  CHECK(connection.tls.mode == TlsMode::verify_full);
  CHECK(job.display_database() == "postgresql://app@db/prod");
  CHECK_THAT(job_to_json(job), ContainsSubstring("postgresql://app@db/prod") && !ContainsSubstring("hunter2"));
}

TEST_CASE("the environment beats the section connection, and --to beats both") {
  const auto sources = sources_of(kSections, {{"DATABASE_URL", "postgresql://env/db"}});
  CHECK(found(sources).display_database() == "postgresql://env/db");
  CHECK(found(sources).connection().tls.mode == TlsMode::verify_full);
  CHECK(found(sources, R"({"to": "sqlite:x.db", "writers": 1})").display_database() == "sqlite:x.db");
  CHECK(found(sources, R"({"to": "sqlite:x.db", "writers": 1})").writers == 1);
}

TEST_CASE("a job file's own database beats the environment, which fills in where it has none") {
  const std::map<std::string, std::string> environment = {{"DATABASE_URL", "postgresql://env/db"}};
  CHECK(found(sources_of(R"({"to": "sqlite:job.db", "table": "t"})", environment)).display_database() == "sqlite:job.db");
  CHECK(found(sources_of(R"({"table": "t"})", environment)).display_database() == "postgresql://env/db");
  CHECK(found(sources_of(R"({"table": "t"})", {{"PGHOST", "h"}})).display_database() == "postgresql://h");
  CHECK(found(sources_of(R"({"load": {"to": "sqlite:job.db"}})", environment)).display_database() == "sqlite:job.db");
}

TEST_CASE("without a JSON file a job is what the command line gives") {
  ConfigSources sources = sources_of("", {{"DATABASE_URL", "sqlite:env.db"}});
  sources.json.reset();
  sources.json_file.clear();
  const LoadJob job = found(sources, R"({"table": "t"})");
  CHECK(job.table == "t");
  CHECK(job.display_database() == "sqlite:env.db");
}

TEST_CASE("an .env file beside an explicit database is left alone") {
  const std::string path = (std::filesystem::temp_directory_path() / ("millrace-job-" + std::to_string(::getpid()) + ".env")).string();
  std::ofstream(path) << "DATABASE_URL=sqlite:file.db\n";
  const std::filesystem::path before = std::filesystem::current_path();
  ConfigSources sources = sources_of("{}");
  sources.env_file = path;
  CHECK(found(sources).display_database() == "sqlite:file.db");
  sources.env_file.reset();
  const std::filesystem::path folder = path + ".d";
  std::filesystem::create_directories(folder / ".env");  // as some name their virtual environment
  std::filesystem::current_path(folder);
  const std::string alone = refusal([&] { found(sources); }), beside = refusal([&] { found(sources, R"({"to": "sqlite:x.db"})"); });
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
  std::filesystem::remove(path);
  CHECK_THAT(alone, StartsWith("the file .env can not be read"));
  CHECK(beside.empty());
}

TEST_CASE("the sections of a configuration file are checked as strictly as a job file") {
  const auto refused = [](const std::string& json) { return refusal([&] { found(sources_of(json, {{"DATABASE_URL", "sqlite:x.db"}})); }); };
  CHECK_THAT(refused(R"({"load": {"tabel": "t"}})"), Equals(R"(config.json, section load: unknown key "tabel"; did you mean "table"?)"));
  CHECK_THAT(refused(R"({"load": {"writers": "2"}})"), StartsWith(R"(config.json, section load: "writers": expected a whole number)"));
  CHECK_THAT(refused(R"({"load": {}, "table": "t"})"), StartsWith("the file config.json has an unknown section table"));
  CHECK_THAT(refused(R"({"load": {}, "pool": {"siez": 1}})"), ContainsSubstring("did you mean pool.size?"));
  CHECK_THAT(refused(R"({"load": [], "connection": {}})"), Equals("load in the file config.json must be an object, not a list"));
  CHECK_THAT(refused(R"({"load": {"table": "a", "table": "b"}})"), Equals("load.table in the file config.json occurs twice; keep one of them"));
  CHECK_THAT(refused(R"({"connection": {}, "load": {"to": "sqlite:x.db"}})"), Equals(R"(config.json, section load: "to" stands beside the section connection, which says where the database is; keep one of them)"));
  CHECK_THAT(refused(R"({"conection": {"url": "sqlite:x.db"}})"), StartsWith(R"(config.json: unknown key "conection")"));
  CHECK_THAT(refused(R"({"load": )"), StartsWith("config.json, line 1, column 10 is not valid JSON"));
}

TEST_CASE("a job without any database names the places that were looked at") {
  const std::string message = refusal([] { found(sources_of(R"({"table": "t"})")); });
  CHECK_THAT(message, StartsWith("no database is configured: --to is not given, the environment has neither DATABASE_URL"));
}

TEST_CASE("a password file wins over what was found") {
  const std::string path = (std::filesystem::temp_directory_path() / ("millrace-job-password-" + std::to_string(::getpid()))).string();
  std::ofstream(path) << "from the file\n";
  const LoadJob job = found(sources_of(kSections, {{"PGPASSWORD", "from the environment"}}), "{\"password_file\": \"" + path + "\"}");
  CHECK(job.connection().password.reveal() == "from the file");
  std::filesystem::remove(path);
}
