#include <algorithm>

#include "cli_support.hpp"

using namespace millrace::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {
/// Wrong usage: status 64, one line on standard error, nothing on standard output.
std::string refusal(const std::vector<std::string>& arguments) {
  const Workplace place;
  const Result result = place.run(arguments);
  CHECK(result.status == 64);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, StartsWith("millrace: "));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(place.rows() == 0);
  return result.err;
}
}  // namespace

TEST_CASE("a missing or unknown command is wrong usage") {
  CHECK_THAT(refusal({}), ContainsSubstring("--help"));
  CHECK_THAT(refusal({"laod", "a.csv"}), ContainsSubstring("did you mean load?"));
}

TEST_CASE("an unknown option is named together with the nearest one") {
  CHECK_THAT(refusal({"load", "a.csv", "--to", kTo, "--tabel", "t"}), ContainsSubstring("unknown option --tabel; did you mean --table?"));
  CHECK_THAT(refusal({"load", "a.csv", "--to", kTo, "--unit_bytes", "5", "--table", "t"}), ContainsSubstring("--unit-bytes"));
  CHECK_THAT(refusal({"runs", "--xyzzy"}), ContainsSubstring("unknown option --xyzzy"));
  CHECK_THAT(refusal({"load", "a.csv", "b.csv", "--to", kTo, "--table", "t"}), ContainsSubstring("unexpected argument b.csv"));
}

TEST_CASE("what a load needs must be given") {
  CHECK_THAT(refusal({"load", "a.csv", "--to", kTo}), ContainsSubstring("--table"));
  CHECK_THAT(refusal({"load", "a.csv", "--table", "t"}), ContainsSubstring("--to URL"));
  CHECK_THAT(refusal({"load", "--to", kTo, "--table", "t"}), ContainsSubstring("standard input"));
  CHECK_THAT(refusal({"load", "a.csv", "--to"}), ContainsSubstring("--to"));
  CHECK_THAT(refusal({"show", "--to", kTo}), ContainsSubstring("RUN_ID"));
  CHECK_THAT(refusal({"runs"}), ContainsSubstring("DATABASE_URL"));
  CHECK_THAT(refusal({"ddl", "--to", kTo}), ContainsSubstring("--state"));
}

TEST_CASE("a bad value is named with its option") {
  const auto load = [](std::vector<std::string> more) {
    std::vector<std::string> all = {"load", "a.csv", "--to", kTo, "--table", "t"};
    all.insert(all.end(), more.begin(), more.end());
    return refusal(all);
  };
  CHECK_THAT(load({"--writers", "0"}), ContainsSubstring("--writers is 0"));
  CHECK_THAT(load({"--writers", "many"}), ContainsSubstring("--writers: expected a whole number, found the text \"many\""));
  CHECK_THAT(load({"--writers", "99999999999999999999"}), ContainsSubstring("--writers"));
  CHECK_THAT(load({"--unit-bytes", "8 elephants"}), ContainsSubstring("--unit-bytes"));
  CHECK_THAT(load({"--delimiter", "ab"}), ContainsSubstring("--delimiter"));
  CHECK_THAT(load({"--time-zone", "-99:00"}), ContainsSubstring("--time-zone"));
  CHECK_THAT(load({"--max-rejects", "101%"}), ContainsSubstring("--max-rejects"));
  CHECK_THAT(load({"--mode", "upsert"}), ContainsSubstring("append, merge or reload"));
  CHECK_THAT(load({"--progress", "sometimes"}), ContainsSubstring("--progress"));
  CHECK_THAT(load({"--log-level", "loud"}), ContainsSubstring("--log-level loud"));
  CHECK_THAT(load({"--mode", "merge", "--atomic"}), ContainsSubstring("--atomic"));
  CHECK_THAT(load({"--columns", "a,b", "--header"}), ContainsSubstring("--columns"));
  CHECK_THAT(load({"--run-id", ""}), ContainsSubstring("--run-id"));
  CHECK_THAT(load({"--run-id", std::string(51, 'x')}), ContainsSubstring("--run-id"));
  CHECK_THAT(load({"--password-file", "absent"}), ContainsSubstring("absent"));
}

TEST_CASE("a URL without driver or scheme is wrong usage") {
  CHECK_THAT(refusal({"ping", "mysql://h/db"}), ContainsSubstring("mysql"));
  CHECK_THAT(refusal({"ping", "nonsense"}), ContainsSubstring("URL"));
}

TEST_CASE("values may look like options, be empty or hold quotes") {
  const Workplace place;
  place.write("b.csv", "9;'nine;9'\n10;NULL\n11;-\n");
  const Result result = place.run({"load", "b.csv", "--to", kTo, "--table", "t", "--no-header", "--columns", "id,name", "--delimiter", ";", "--quote", "'", "--null", "",
                                   "--null", "NULL", "--null", "-", "--time-zone", "-08:00"});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(place.rows("t WHERE name IS NULL") == 2);
  CHECK(place.rows("t WHERE name = 'nine;9'") == 1);
}
