#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "job_support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
std::string refusal_of_options(const std::string& json) {
  return refusal([&] {
    LoadJob job = parse_job(R"({"source": "a.csv", "to": "sqlite:x.db", "table": "t"})", "job.json");
    override_job(job, json, kCommandLine);
    job.validate();
  });
}
}  // namespace

TEST_CASE("options of one mode are refused in another, by name") {
  CHECK_THAT(refusal_of_options(R"({"mode": "merge", "atomic": true})"), ContainsSubstring("--atomic means nothing in mode merge"));
  CHECK_THAT(refusal_of_options(R"({"mode": "reload", "atomic": true})"), ContainsSubstring("--atomic"));
  CHECK_THAT(refusal_of_options(R"({"reload": "direct"})"), ContainsSubstring("add --mode reload"));
  CHECK_THAT(refusal_of_options(R"({"cascade": true})"), ContainsSubstring("--cascade"));
  CHECK_THAT(refusal_of_options(R"({"mode": "merge", "allow_empty": true})"), ContainsSubstring("--allow-empty"));
  CHECK_THAT(refusal_of_options(R"({"mode": "append", "key": "id"})"), ContainsSubstring("--key means nothing in mode append"));
  CHECK_THAT(refusal_of_options(R"({"mode": "reload", "key": "id"})"), ContainsSubstring("--key"));
  CHECK_THAT(refusal_of_options(R"({"key_not_unique": true})"), ContainsSubstring("--key-not-unique"));
}

TEST_CASE("staging options need a load that stages") {
  for (const char* option : {R"("stage_only": true)", R"("keep_staging": true)", R"("staging": "stg")"}) {
    CAPTURE(option);
    CHECK_THAT(refusal_of_options(std::string("{") + option + "}"), ContainsSubstring("add --atomic"));
    CHECK(refusal_of_options(std::string("{\"atomic\": true, ") + option + "}").empty());
    CHECK(refusal_of_options(std::string("{\"mode\": \"merge\", ") + option + "}").empty());
    CHECK(refusal_of_options(std::string("{\"mode\": \"reload\", ") + option + "}").empty());
    CHECK_THAT(refusal_of_options(std::string("{\"mode\": \"reload\", \"reload\": \"direct\", ") + option + "}"), ContainsSubstring("direct"));
  }
}

TEST_CASE("a key may come with an append that creates its table") {
  CHECK(refusal_of_options(R"({"mode": "append", "key": "id", "create": true})").empty());
}

TEST_CASE("columns are for files without a header") {
  CHECK(refusal_of_options(R"({"columns": "a,b"})").empty());
  CHECK(refusal_of_options(R"({"columns": "a,b", "header": false})").empty());
  CHECK_THAT(refusal_of_options(R"({"columns": "a,b", "header": true})"), ContainsSubstring("--columns"));
  CHECK_THAT(refusal_of_options(R"({"columns": "a,b,a"})"), ContainsSubstring("names \"a\" twice"));
  CHECK_THAT(refusal_of_options(R"({"columns": "a,,b"})"), ContainsSubstring("empty name"));
}

TEST_CASE("a replay has no other source") { CHECK_THAT(refusal_of_options(R"({"replay": "r.jsonl"})"), ContainsSubstring("--replay")); }

TEST_CASE("map, skip and set name each column once") {
  CHECK_THAT(refusal_of_options(R"({"map": ["a=x", "a=y"]})"), ContainsSubstring("source column \"a\" twice"));
  CHECK_THAT(refusal_of_options(R"({"map": ["a=x", "b=x"]})"), ContainsSubstring("fills the column \"x\" twice"));
  CHECK_THAT(refusal_of_options(R"({"map": ["a=x"], "skip": ["a"]})"), ContainsSubstring("--skip"));
  CHECK_THAT(refusal_of_options(R"({"map": ["=x"]})"), ContainsSubstring("SRC=COL"));
  CHECK_THAT(refusal_of_options(R"({"set": ["a=1"], "set_insert": ["a=2"]})"), ContainsSubstring("fills the column \"a\" twice"));
  CHECK(refusal_of_options(R"({"set_insert": ["a=1"], "set_update": ["a=2"]})").empty());
}

TEST_CASE("a resume needs no table, and its run knows the mode") {
  const auto resume = [](const std::string& more) {
    return refusal([&] { parse_job(R"({"to": "sqlite:x.db", "resume": "r1")" + more + "}", "j").validate(); });
  };
  CHECK(resume("").empty());
  CHECK(resume(R"(, "cascade": true)").empty());
  CHECK_THAT(resume(R"(, "run_id": "r2")"), ContainsSubstring("--run-id"));
  CHECK_THAT(resume(R"(, "dry_run": true)"), ContainsSubstring("--dry-run"));
  CHECK_THAT(resume(R"(, "resume": "")"), ContainsSubstring("twice"));
}
