#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "job_support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;

namespace {
/// The refusal of the minimal job with one change.
template <class F> std::string with(F&& change) {
  LoadJob job = minimal_job();
  change(job);
  return refusal_of(job);
}
}  // namespace

TEST_CASE("a minimal job is valid") { CHECK(refusal_of(minimal_job()).empty()); }

TEST_CASE("values are accepted up to their boundaries and refused by name behind them") {
  CHECK(with([](LoadJob& j) { j.writers = 1; }).empty());
  CHECK(with([](LoadJob& j) { j.writers = 64; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.writers = 0; }), ContainsSubstring("--writers is 0; give a number from 1 to 64"));
  CHECK_THAT(with([](LoadJob& j) { j.writers = 65; }), ContainsSubstring("--writers"));
  CHECK(with([](LoadJob& j) { j.unit_bytes = 1; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.unit_bytes = 0; }), ContainsSubstring("--unit-bytes"));
  CHECK(with([](LoadJob& j) { j.batch_rows = 32767; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.batch_rows = 32768; }), ContainsSubstring("--batch-rows"));
  CHECK_THAT(with([](LoadJob& j) { j.max_record_bytes = 0; }), ContainsSubstring("--max-record-bytes"));
  CHECK_THAT(with([](LoadJob& j) { j.max_attempts = 0; }), ContainsSubstring("--max-attempts"));
  CHECK_THAT(with([](LoadJob& j) { j.retry_delay = std::chrono::hours(2); }), ContainsSubstring("--retry-delay"));
  CHECK_THAT(with([](LoadJob& j) { j.max_rejects.count = -1; }), ContainsSubstring("--max-rejects"));
  CHECK(with([](LoadJob& j) { j.max_rejects.percent = 100; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.max_rejects.percent = 100.1; }), ContainsSubstring("--max-rejects"));
}

TEST_CASE("run ids have 1 to 50 characters, counted as characters") {
  CHECK(with([](LoadJob& j) { j.run_id = std::string(50, 'x'); }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.run_id = std::string(51, 'x'); }), ContainsSubstring("--run-id has 51 characters"));
  std::string umlauts;
  for (int i = 0; i < 50; ++i) umlauts += "\xc3\xbc";
  CHECK(with([&](LoadJob& j) { j.run_id = umlauts; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.run_id = "a\nb"; }), ContainsSubstring("control character"));
  CHECK_THAT(with([](LoadJob& j) { j.run_id = "\xff"; }), ContainsSubstring("UTF-8"));
  CHECK_THAT(with([](LoadJob& j) { j.given.insert("run_id"); }), ContainsSubstring("--run-id is empty"));
}

TEST_CASE("delimiter and quote are one ASCII character after escapes") {
  const auto delimiter = [](std::string text) {
    LoadJob job = minimal_job();
    job.delimiter = std::move(text);
    return job.csv_options().delimiter;
  };
  CHECK(delimiter("\\t") == '\t');
  CHECK(delimiter("\t") == '\t');
  CHECK(delimiter("\\x1f") == '\x1f');
  CHECK(delimiter("\\\\") == '\\');
  CHECK(delimiter("\\") == '\\');
  CHECK(delimiter("|") == '|');
  for (const char* bad : {"", "ab", "\xc3\xa4", "\\q", "\\x00", "\\xff", "\\xg1"}) {
    CAPTURE(bad);
    CHECK_THAT(with([&](LoadJob& j) { j.delimiter = bad; }), ContainsSubstring("--delimiter"));
    CHECK_THAT(with([&](LoadJob& j) { j.quote = bad; }), ContainsSubstring("--quote"));
  }
  CHECK_FALSE(with([](LoadJob& j) { j.delimiter = "\""; }).empty());
  CHECK_FALSE(with([](LoadJob& j) { j.delimiter = "\\n"; }).empty());
}

TEST_CASE("time zone and encoding are checked before anything runs") {
  CHECK(with([](LoadJob& j) { j.time_zone = "+05:30"; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.time_zone = "Europe/Berlin"; }), ContainsSubstring("--time-zone \"Europe/Berlin\""));
  CHECK(with([](LoadJob& j) { j.encoding = "LATIN1"; }).empty());
  CHECK_THAT(with([](LoadJob& j) { j.encoding = "KLINGON-8"; }), ContainsSubstring("--encoding"));
  CHECK_THAT(with([](LoadJob& j) { j.encoding = "LATIN1//IGNORE"; }), ContainsSubstring("--encoding"));
}

TEST_CASE("a job without database or table is refused") {
  CHECK_THAT(with([](LoadJob& j) { j.to.clear(); }), ContainsSubstring("--to"));
  CHECK_THAT(with([](LoadJob& j) { j.table.clear(); }), ContainsSubstring("--table"));
  CHECK_FALSE(with([](LoadJob& j) { j.to = "nonsense"; }).empty());
}

TEST_CASE("the reject file is named after the input and lies in the current directory") {
  LoadJob job = minimal_job();
  job.source = "/data/in/trades.csv.gz";
  CHECK(job.reject_path() == "./trades.csv.gz.rejects.jsonl");
  job.source = "-";
  CHECK(job.reject_path() == "./stdin.rejects.jsonl");
  job.reject_file = "/tmp/x";
  CHECK(job.reject_path() == "/tmp/x");
}

TEST_CASE("a replay does not write its rejects over the file it reads") {
  LoadJob job = minimal_job();
  job.source.clear();
  job.replay = "./trades.csv.rejects.jsonl";
  CHECK(job.reject_path() != job.replay);
}

TEST_CASE("the first line of a password file is the password") {
  const std::string path = (std::filesystem::temp_directory_path() / ("millrace-password-" + std::to_string(::getpid()))).string();
  std::ofstream(path) << "s3 cret\r\nmore\n";
  LoadJob job = minimal_job();
  job.to = "postgresql://u@h/db";
  job.password_file = path;
  CHECK(job.connection().password.reveal() == "s3 cret");
  std::ofstream(path, std::ios::trunc) << "\nlater";
  CHECK_THAT(refusal([&] { job.connection(); }), ContainsSubstring(path));
  std::remove(path.c_str());
  CHECK_THAT(refusal([&] { job.connection(); }), ContainsSubstring("can not be read"));
}
