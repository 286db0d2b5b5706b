#include "common/cli/array_outcome.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace millrace::cli_odbc;
using Kind = ArrayOutcome::Kind;
using Rows = std::vector<std::size_t>;
using Statuses = std::vector<SQLUSMALLINT>;

namespace {

constexpr SQLUSMALLINT kGood = SQL_PARAM_SUCCESS, kNoted = SQL_PARAM_SUCCESS_WITH_INFO, kBad = SQL_PARAM_ERROR, kUnused = SQL_PARAM_UNUSED, kNotTold = SQL_PARAM_DIAG_UNAVAILABLE;
constexpr auto kSilent = std::nullopt;   // the driver does not say how many it processed

ArrayOutcome judged(SQLRETURN code, const Statuses& statuses, std::optional<std::uint64_t> processed = kSilent) { return judge({code, statuses, processed}); }

}  // namespace

TEST_CASE("an array is complete where the driver says so and nothing contradicts it") {
  for (const SQLRETURN code : {SQLRETURN{SQL_SUCCESS}, SQLRETURN{SQL_SUCCESS_WITH_INFO}}) {
    for (const Statuses& statuses : {Statuses{kGood, kGood, kGood}, Statuses{kGood, kNoted, kNotTold}}) {
      CHECK(judged(code, statuses).kind == Kind::complete);
      CHECK(judged(code, statuses, 3).kind == Kind::complete);
      CHECK(judged(code, statuses, 3).rows.empty());
      CHECK(judged(code, statuses, 3).problem.empty());
    }
  }
}

TEST_CASE("a driver that writes no statuses is believed") {
  const Statuses unset(3, kStatusUnset);
  CHECK(judged(SQL_SUCCESS, unset).kind == Kind::complete);
  CHECK(judged(SQL_SUCCESS_WITH_INFO, unset, 3).kind == Kind::complete);
  CHECK(judged(SQL_SUCCESS, {kGood, kStatusUnset, kStatusUnset}).kind == Kind::complete);
  CHECK(judged(SQL_ERROR, unset).kind == Kind::failed);
}

// ODBC 3 says it of statements that change no row: a trigger may have seen to that.
TEST_CASE("no data is no error") {
  CHECK(judged(SQL_NO_DATA, {kGood, kGood}).kind == Kind::complete);
  CHECK(judged(SQL_NO_DATA, {kStatusUnset}, 1).kind == Kind::complete);
  CHECK(judged(SQL_NO_DATA, {kGood, kBad}).rows == Rows{1});
  CHECK(judged(SQL_NO_DATA, {kGood, kGood}, 1).kind == Kind::contradiction);
}

TEST_CASE("the rows that the driver marks are the ones that were refused") {
  for (const SQLRETURN code : {SQLRETURN{SQL_ERROR}, SQLRETURN{SQL_SUCCESS}, SQLRETURN{SQL_SUCCESS_WITH_INFO}}) {   // success with errors among the statuses is a failure too
    const ArrayOutcome outcome = judged(code, {kBad, kGood, kNoted, kBad});
    CHECK(outcome.kind == Kind::refused);
    CHECK(outcome.rows == Rows{0, 3});
    CHECK(outcome.problem.empty());
  }
  CHECK(judged(SQL_ERROR, {kGood, kGood, kBad}).rows == Rows{2});
}

TEST_CASE("rows behind a refused one that were not used are no contradiction") {
  for (const SQLRETURN code : {SQLRETURN{SQL_ERROR}, SQLRETURN{SQL_SUCCESS_WITH_INFO}}) {
    const ArrayOutcome outcome = judged(code, {kGood, kBad, kUnused, kUnused}, 2);
    CHECK(outcome.kind == Kind::refused);
    CHECK(outcome.rows == Rows{1});
  }
}

TEST_CASE("the count of processed rows says nothing where a row was refused") {
  for (const std::uint64_t processed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}}) {
    CHECK(judged(SQL_ERROR, {kGood, kBad}, processed).kind == Kind::refused);
    CHECK(judged(SQL_SUCCESS_WITH_INFO, {kGood, kBad}, processed).rows == Rows{1});
    CHECK(judged(SQL_ERROR, {kGood, kGood}, processed).kind == Kind::failed);
  }
}

TEST_CASE("a driver that marks every row blames none") {
  for (const SQLRETURN code : {SQLRETURN{SQL_ERROR}, SQLRETURN{SQL_SUCCESS}, SQLRETURN{SQL_SUCCESS_WITH_INFO}}) {
    const ArrayOutcome outcome = judged(code, {kBad, kBad});
    CHECK(outcome.kind == Kind::failed);
    CHECK(outcome.rows.empty());
  }
  CHECK(judged(SQL_ERROR, {kBad, kBad, kGood}).kind == Kind::refused);   // all but one is not every row
}

TEST_CASE("an error without a refused row is nobody's fault") {
  for (const SQLRETURN code : {SQLRETURN{SQL_ERROR}, SQLRETURN{SQL_INVALID_HANDLE}, SQLRETURN{SQL_NEED_DATA}, SQLRETURN{SQL_STILL_EXECUTING}}) {
    for (const Statuses& statuses : {Statuses{kGood, kGood}, Statuses{kUnused, kUnused}, Statuses{kStatusUnset, kStatusUnset}}) {
      const ArrayOutcome outcome = judged(code, statuses);
      CHECK(outcome.kind == Kind::failed);
      CHECK(outcome.rows.empty());
    }
  }
}

TEST_CASE("an array of one row has one row to blame, whatever its status") {
  for (const SQLUSMALLINT status : {kGood, kNoted, kBad, kUnused, kNotTold, kStatusUnset}) {
    const ArrayOutcome outcome = judged(SQL_ERROR, {status}, 0);
    CHECK(outcome.kind == Kind::refused);
    CHECK(outcome.rows == Rows{0});
  }
  CHECK(judged(SQL_SUCCESS, {kBad}).kind == Kind::refused);
  CHECK(judged(SQL_SUCCESS, {kBad}).rows == Rows{0});
  CHECK(judged(SQL_SUCCESS, {kGood}, 1).kind == Kind::complete);
  CHECK(judged(SQL_SUCCESS, {kUnused}).kind == Kind::contradiction);
  CHECK(judged(SQL_SUCCESS, {kGood}, 0).kind == Kind::contradiction);
}

TEST_CASE("success with rows that were not used is a contradiction") {
  const ArrayOutcome outcome = judged(SQL_SUCCESS, {kGood, kUnused, kUnused}, 3);
  CHECK(outcome.kind == Kind::contradiction);
  CHECK(outcome.rows.empty());
  CHECK(outcome.problem == "the driver reports success, but did not use 2 of 3 rows");
}

TEST_CASE("success with another number of processed rows is a contradiction") {
  const ArrayOutcome few = judged(SQL_SUCCESS, {kGood, kGood, kGood}, 2);
  CHECK(few.kind == Kind::contradiction);
  CHECK(few.problem == "the driver reports success, but that it processed 2 of 3 rows");
  CHECK(judged(SQL_SUCCESS_WITH_INFO, {kGood, kGood, kGood}, 4).problem == "the driver reports success, but that it processed 4 of 3 rows");
  CHECK(judged(SQL_SUCCESS, Statuses(3, kStatusUnset), 0).kind == Kind::contradiction);
}
