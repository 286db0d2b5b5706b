#include "millrace/load/merge.hpp"

#include <catch2/catch_test_macros.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;

namespace {
PublishSpec spec() {
  PublishSpec made;
  made.target.name = {"public", "t"};
  made.target.columns = {{"id", SqlType::of(TypeKind::integer), false, false, false, Identity::none, {}}};
  made.staged = {{"public", "t_stg"}, "", "millrace_src_row"};
  made.columns = made.key = {"id"};
  return made;
}
}  // namespace

TEST_CASE("a merge locks the target before it counts, and can tell its two parts apart") {
  const testing::FakeDialect dialect;
  const PublishPlan plan = make_merge_strategy()->plan(spec(), dialect);
  CHECK(plan.locks == dialect.lock_for_publish(spec().target));
  CHECK(plan.counting_join == dialect.counting_join(spec()));
  CHECK_FALSE(plan.statements.empty());
}

TEST_CASE("an atomic append keeps nobody off the target") { CHECK(make_append_strategy()->plan(spec(), testing::FakeDialect()).locks.empty()); }

TEST_CASE("a reload keeps other writers off from the count of the old rows on") {
  for (const ReloadKind kind : {ReloadKind::swap, ReloadKind::delete_rows}) {
    CHECK_FALSE(make_reload_strategy(kind, false)->plan(spec(), testing::FakeDialect()).locks.empty());
  }
}

TEST_CASE("each strategy says what readers see") {
  CHECK(make_reload_strategy(ReloadKind::swap, false)->what_readers_see().find("not MVCC-safe") != std::string::npos);
  CHECK(make_reload_strategy(ReloadKind::delete_rows, false)->what_readers_see().find("whatever their snapshot") != std::string::npos);
}
