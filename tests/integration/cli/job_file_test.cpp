#include "cli_support.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
Result with_job(const Workplace& place, const std::string& json, const std::vector<std::string>& more = {}) {
  place.write("job.json", json);
  std::vector<std::string> arguments = {"load", "--job", "job.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return place.run(arguments);
}
}  // namespace

TEST_CASE("a job file loads like the same options") {
  const Workplace place;
  const Result result = with_job(place, R"({"source": "a.csv", "to": "sqlite:x.db", "table": "t", "writers": 1})");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(place.rows() == 3);
}

TEST_CASE("options of the command line win over the job file") {
  const Workplace place;
  place.sql("CREATE TABLE u (id INTEGER, name TEXT)");
  const Result result = with_job(place, R"({"source": "absent.csv", "to": "sqlite:x.db", "table": "t"})", {"a.csv", "--table", "u"});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(place.rows("u") == 3);
  CHECK(place.rows("t") == 0);
}

TEST_CASE("errors of a job file name the file, and the key or the position") {
  const Workplace place;
  const auto refusal = [&](const std::string& json) {
    const Result result = with_job(place, json);
    CHECK(result.status == 64);
    return result.err;
  };
  CHECK_THAT(refusal(R"({"tabel": "t"})"), ContainsSubstring(R"(job.json: unknown key "tabel"; did you mean "table"?)"));
  CHECK_THAT(refusal(R"({"writers": "2"})"), ContainsSubstring("\"writers\": expected a whole number"));
  CHECK_THAT(refusal("{\n\"table\": }"), ContainsSubstring("job.json, line 2, column 10 is not valid JSON"));
  CHECK_THAT(refusal("{}"), ContainsSubstring("nothing to load"));
}

TEST_CASE("a configuration file with sections loads like a job file") {
  const Workplace place;
  const std::string json = R"({"connection": {"url": "sqlite:x.db"}, "pool": {"size": 3}, "load": {"source": "a.csv", "table": "t"}})";
  const Result result = with_job(place, json);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(place.rows() == 3);
  CHECK(with_job(place, json, {"--to", "sqlite:absent.db"}).status == 1);
  CHECK_THAT(with_job(place, R"({"connection": {"databse": "x.db"}, "load": {"source": "a.csv", "table": "t"}})").err, ContainsSubstring("connection.databse; did you mean connection.database?"));
}

TEST_CASE("a missing job file is wrong usage") {
  const Workplace place;
  const Result result = place.run({"load", "--job", "absent.json"});
  CHECK(result.status == 64);
  CHECK_THAT(result.err, ContainsSubstring("absent.json"));
}
