#include "load/load_context.hpp"

#include <thread>

#include <catch2/catch_test_macros.hpp>

using namespace millrace;

TEST_CASE("an absolute limit of rejects is judged at once, a share at the end") {
  RejectLimiter none(RejectLimit{0, std::nullopt});
  CHECK_FALSE(none.exceeded_now());
  none.add(1);
  CHECK(none.exceeded_now());
  none.take_back(1);
  CHECK_FALSE(none.exceeded_now());

  RejectLimiter share(RejectLimit{0, 10.0});
  share.add(10);
  CHECK_FALSE(share.exceeded_now());
  CHECK_FALSE(share.exceeded_at_end(100));
  CHECK(share.exceeded_at_end(99));
  CHECK(share.limit_text() == "10%");
}

TEST_CASE("the error of a passed limit names the first reject and the file") {
  RejectLimiter limiter(RejectLimit{});
  limiter.add(1);
  Reject reject;
  reject.src_row = 4;
  reject.line = 5;
  reject.column = "amount";
  reject.reason = "\"x\" is not a number";
  const std::string text = reject_limit_error(limiter, reject, "./f.rejects.jsonl").what();
  CHECK(text == "record 4 (line 5), column amount: \"x\" is not a number; 1 record was rejected and --max-rejects allows 0; see ./f.rejects.jsonl, then mend the input or raise the limit");
}

TEST_CASE("control sums survive their JSON") {
  LoadPlan plan;
  plan.columns = {{"a", SqlType::of(TypeKind::bigint), true, false, false, Identity::none, {}}, {"b", SqlType::decimal(38, 10), true, false, false, Identity::none, {}}};
  plan.summed = {0, 1};
  ControlSums sums(2);
  for (int i = 0; i < 3; ++i) sums[0].add(std::numeric_limits<std::int64_t>::max());
  sums[1].add(Decimal::parse("-0.0000000001").unscaled);
  CHECK(sums_from_json(sums_to_json(sums, plan), plan) == sums);
  CHECK_THROWS_AS(sums_from_json("[\"1\"]", plan), DataError);
  CHECK_THROWS_AS(sums_from_json("", plan), DataError);
}

TEST_CASE("a sleep ends when a stop is requested") {
  std::stop_source stop;
  CHECK(sleep_unless_stopped(std::chrono::milliseconds(1), stop.get_token()));
  stop.request_stop();
  const auto started = std::chrono::steady_clock::now();
  CHECK_FALSE(sleep_unless_stopped(std::chrono::seconds(60), stop.get_token()));
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(10));
}
