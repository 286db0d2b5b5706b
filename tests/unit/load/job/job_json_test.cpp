#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "job_support.hpp"
#include "millrace/access/nearest_word.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;

TEST_CASE("a job file sets what it names and lists it as given") {
  const LoadJob job = parse_job(R"({"source": "a.csv", "to": "sqlite:x.db", "table": "t", "writers": 7, "unit_bytes": "8MiB", "retry_delay": "500ms",
                                    "max_rejects": "2.5%", "header": false, "mode": "reload", "reload": "delete"})", "job.json");
  CHECK(job.source == "a.csv");
  CHECK(job.writers == 7);
  CHECK(job.unit_bytes == 8 << 20);
  CHECK(job.retry_delay == std::chrono::milliseconds(500));
  CHECK(job.max_rejects.percent == 2.5);
  CHECK_FALSE(job.header);
  CHECK(job.mode == LoadMode::reload);
  CHECK(job.reload == ReloadKind::delete_rows);
  CHECK(job.given == std::set<std::string>{"source", "to", "table", "writers", "unit_bytes", "retry_delay", "max_rejects", "header", "mode", "reload"});
}

TEST_CASE("an unknown key is named together with the nearest known one") {
  CHECK_THAT(refusal_of_json(R"({"unit_byte": 1})"), Equals(R"(job.json: unknown key "unit_byte"; did you mean "unit_bytes"?)"));
  CHECK_THAT(refusal_of_json(R"({"unit-bytes": 1})"), ContainsSubstring(R"("unit_bytes")"));
  CHECK_THAT(refusal_of_json(R"({"qqqqqqqqqqq": 1})"), !ContainsSubstring("did you mean"));
  CHECK_THAT(refusal_of_json(R"({"unit_byte": 1})", kCommandLine), Equals("unknown option --unit-byte; did you mean --unit-bytes?"));
}

TEST_CASE("swapped letters are recognized, other words are not") {
  CHECK(nearest_word("tabel", job_keys()) == "table");
  CHECK(nearest_word("ot", job_keys()) == "");
  CHECK(nearest_word("tp", job_keys()) == "to");
  CHECK(nearest_word("", job_keys()) == "");
}

TEST_CASE("a value of the wrong type is named with what was expected and what was found") {
  CHECK_THAT(refusal_of_json(R"({"writers": "four"})"), Equals(R"(job.json: "writers": expected a whole number, found the text "four")"));
  CHECK_THAT(refusal_of_json(R"({"writers": 2.5})"), ContainsSubstring("found 2.5"));
  CHECK_THAT(refusal_of_json(R"({"writers": 99999999999})"), ContainsSubstring("a whole number"));
  CHECK_THAT(refusal_of_json(R"({"unit_bytes": 18446744073709551615})"), ContainsSubstring("a number of bytes"));
  CHECK_THAT(refusal_of_json(R"({"atomic": 1})"), ContainsSubstring("expected true or false, found 1"));
  CHECK_THAT(refusal_of_json(R"({"source": ["a"]})"), ContainsSubstring("expected a text, found a list"));
  CHECK_THAT(refusal_of_json(R"({"skip": [1]})"), ContainsSubstring("\"skip\""));
  CHECK_THAT(refusal_of_json(R"({"mode": "upsert"})"), ContainsSubstring("expected append, merge or reload, found the text \"upsert\""));
  CHECK_THAT(refusal_of_json(R"({"reload": "delete_rows"})"), ContainsSubstring("swap, direct or delete"));
  CHECK_THAT(refusal_of_json(R"({"map": "a"})"), ContainsSubstring("SRC=COL"));
  CHECK_THAT(refusal_of_json(R"({"key": "a,\"b"})"), ContainsSubstring("every quote closed"));
}

TEST_CASE("a syntax error is told with its line and column") {
  CHECK_THAT(refusal_of_json("{\n  \"writers\": 3,\n  \"table\" \"t\"\n}"), ContainsSubstring("job.json, line 3, column ") && ContainsSubstring("not valid JSON"));
  CHECK_THAT(refusal_of_json(""), ContainsSubstring("line 1, column 1"));
  CHECK_THAT(refusal_of_json("{} x"), ContainsSubstring("line 1, column 4"));
  CHECK_THAT(refusal_of_json("[1]"), ContainsSubstring("a list instead of one JSON object"));
}

TEST_CASE("a key that occurs twice is an error") {
  CHECK_THAT(refusal_of_json(R"({"table": "a", "table": "b"})"), Equals(R"(job.json: "table" occurs twice; keep one of them)"));
}

TEST_CASE("null leaves a key as it was") {
  const LoadJob job = parse_job(R"({"writers": null, "mode": null})", "job.json");
  CHECK(job.writers == 2);
  CHECK(job.given.empty());
}

TEST_CASE("what the command line names wins over the job file") {
  LoadJob job = parse_job(R"({"table": "a", "writers": 3, "null": ["x", "y"], "set": {"a": "1"}, "set_insert": {"b": "2"}})", "job.json");
  override_job(job, R"({"table": "b", "null": ["z"], "set": ["c=3"]})", kCommandLine);
  CHECK(job.table == "b");
  CHECK(job.writers == 3);
  CHECK(job.null_texts == std::vector<std::string>{"z"});
  REQUIRE(job.set.size() == 2);  // --set replaces --set, not --set-insert
  CHECK(job.set[0].column == "b");
  CHECK_FALSE(job.set[0].on_update);
  CHECK(job.set[1].column == "c");
}

TEST_CASE("lists come as comma-separated texts or arrays, quotes keep commas") {
  CHECK(parse_job(R"({"key": "a,\"B,c\""})", "j").key == std::vector<std::string>{"a", "\"B,c\""});         // the dialect reads the quotes
  CHECK(parse_job(R"({"columns": "a,\"b,c\",\"d\"\"e\""})", "j").columns == std::vector<std::string>{"a", "b,c", "d\"e"});
  CHECK(parse_job(R"({"columns": ["a,b", "c"]})", "j").columns == std::vector<std::string>{"a,b", "c"});
  CHECK(parse_job(R"({"skip": "a,b"})", "j").skip == std::vector<std::string>{"a,b"});                       // repeatable, never split
  CHECK(parse_job(R"({"null": ""})", "j").null_texts == std::vector<std::string>{""});
}

TEST_CASE("pairs are split at the first equals sign, objects take any name") {
  const LoadJob job = parse_job(R"({"map": {"a=b": "c"}, "set": ["x=y=z", "e="]})", "j");
  CHECK(job.map == std::vector<std::pair<std::string, std::string>>{{"a=b", "c"}});
  CHECK(job.set[0].value == "y=z");
  CHECK(job.set[1].value.empty());
}

TEST_CASE("sizes and durations are read with their units") {
  const auto size = [](const std::string& text) { return parse_job("{\"unit_bytes\": \"" + text + "\"}", "j").unit_bytes; };
  CHECK(size("512KiB") == 512 << 10);
  CHECK(size("8388608") == 8388608);
  CHECK(size("2 MB") == 2000000);
  CHECK_FALSE(refusal_of_json(R"({"unit_bytes": "8 megs"})").empty());
  CHECK_FALSE(refusal_of_json(R"({"unit_bytes": "-1"})").empty());
  CHECK_FALSE(refusal_of_json(R"({"unit_bytes": "9999999999999GiB"})").empty());
  CHECK(parse_job(R"({"retry_delay": "2m"})", "j").retry_delay == std::chrono::minutes(2));
  CHECK_FALSE(refusal_of_json(R"({"retry_delay": "1"})").empty());
  CHECK_FALSE(refusal_of_json(R"({"retry_delay": 1})").empty());
}

TEST_CASE("a job survives its way through JSON") {
  LoadJob job = minimal_job();
  job.to = "postgresql://loader:s3cret@db:5432/prod";
  job.mode = LoadMode::merge;
  job.key = {"id", "\"Day\""};
  job.columns = {"a,b", "c"};
  job.null_texts = {"", "NULL"};
  job.map = {{"x", "y"}, {"a", "b"}};
  job.set = {{"u", ":run_id", true, true}, {"i", "now", true, false}, {"d", "lit", false, true}};
  job.max_rejects.percent = 0.1;
  job.retry_delay = std::chrono::milliseconds(1500);
  const std::string json = job_to_json(job);
  CHECK_THAT(json, !ContainsSubstring("s3cret"));
  const LoadJob again = parse_job(json, "kept");
  CHECK(job_to_json(again) == json);
  CHECK(again.to == "postgresql://loader@db:5432/prod");
  CHECK_FALSE(again.csv_options().header);
  CHECK(again.map == job.map);
  CHECK(again.max_rejects == job.max_rejects);
  CHECK_NOTHROW(again.validate());
}

TEST_CASE("the JSON of the default job is a valid job file with every key") {
  const LoadJob job = minimal_job();
  const LoadJob again = parse_job(job_to_json(job), "kept");
  CHECK(again.given.size() == job_keys().size() - 2);  // run_id and resume are null
  CHECK_NOTHROW(again.validate());
}

TEST_CASE("a malformed URL is not quoted in the job's JSON") {
  LoadJob job = minimal_job();
  job.to = "postgresql://u:hunter2@:::bad";
  CHECK_THAT(job_to_json(job), !ContainsSubstring("hunter2"));
}

TEST_CASE("what a resume can not change is what the units, their rows and their place depend on") {
  std::set<std::string_view> free;
  for (const JobField& field : job_fields()) if (!field.bound_to_run) free.insert(field.key);
  CHECK(free == std::set<std::string_view>{"source", "to", "password_file", "resume", "run_id", "replay", "writers", "batch_rows", "max_record_bytes", "max_attempts", "retry_delay",
                                           "reject_file", "max_rejects", "state_schema", "stage_only", "keep_staging", "cascade", "allow_empty", "dry_run"});
}

TEST_CASE("every field of the table has a group and a help text, and no key occurs twice") {
  std::set<std::string_view> keys;
  for (const JobField& field : job_fields()) {
    CHECK(keys.insert(field.key).second);
    CHECK_FALSE(field.group.empty());
    CHECK_FALSE(field.help.empty());
    CHECK((field.kind == JobField::Kind::flag) == field.argument.empty());
  }
}
