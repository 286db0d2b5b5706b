#include <catch2/catch_test_macros.hpp>

#include <random>
#include <string>
#include <vector>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"
#include "millrace/data/record_batch.hpp"

using namespace millrace;

namespace {

/// One type of each layout, and a text that is a value of it for any n.
struct Sample { SqlType type; std::string (*text)(int n); };

const Sample kSamples[] = {
    {SqlType::of(TypeKind::boolean), [](int n) { return std::string(n % 3 == 0 ? "true" : "false"); }},
    {SqlType::of(TypeKind::smallint), [](int n) { return std::to_string(n - 50); }},
    {SqlType::of(TypeKind::integer), [](int n) { return std::to_string(n * 1000); }},
    {SqlType::of(TypeKind::bigint), [](int n) { return std::to_string(n * 10000000000ll); }},
    {SqlType::of(TypeKind::real), [](int n) { return std::to_string(n) + ".5"; }},
    {SqlType::of(TypeKind::double_precision), [](int n) { return std::to_string(n) + ".25"; }},
    {SqlType::decimal(20, 2), [](int n) { return std::to_string(n) + ".25"; }},
    {SqlType::of(TypeKind::uuid), [](int n) { return "00000000-0000-0000-0000-0000000000" + std::to_string(10 + n % 90); }},
    {SqlType::of(TypeKind::text), [](int n) { return std::string(static_cast<std::size_t>(n % 20), static_cast<char>('a' + n % 26)); }},
};

std::vector<Value> values_of(const Column& column) {
  std::vector<Value> values;
  for (std::size_t row = 0; row < column.rows(); ++row) values.push_back(column.value(row));
  return values;
}

std::size_t nulls_in(const std::vector<Value>& values) {
  std::size_t nulls = 0;
  for (const Value& value : values) nulls += value.is_null();
  return nulls;
}

/// Appends the texts 0..rows-1, NULL where `null_at` says so.
template <class NullAt> void fill(Column& column, const Sample& sample, int rows, NullAt null_at) {
  for (int n = 0; n < rows; ++n) {
    if (null_at(n)) column.append_null();
    else REQUIRE(append_text(column, sample.text(n)) == DecodeStatus::ok);
  }
}

}  // namespace

TEST_CASE("nulls may come first, last, at byte boundaries and after clear()") {
  for (const Sample& sample : kSamples) {
    INFO(to_string(sample.type));
    for (const int first_null : {0, 1, 7, 8, 9, 15, 16, 39}) {
      Column column(sample.type);
      for (int pass = 0; pass < 2; ++pass) {
        column.clear();
        CHECK(column.rows() == 0);
        CHECK(column.null_count() == 0);
        CHECK(column.byte_size() == 0);
        CHECK(column.validity() == nullptr);
        const auto null_at = [&](int n) { return n == first_null || n == 38; };
        fill(column, sample, 40, null_at);
        CHECK(column.rows() == 40);
        CHECK(column.null_count() == (first_null == 38 ? 1u : 2u));
        Column expected(sample.type);
        for (int n = 0; n < 40; ++n) {
          CHECK(column.is_null(static_cast<std::size_t>(n)) == null_at(n));
          if (null_at(n)) continue;
          expected.clear();
          append_text(expected, sample.text(n));
          CHECK(column.value(static_cast<std::size_t>(n)) == expected.value(0));
        }
      }
    }
  }
}

TEST_CASE("a column that was cleared of nulls has none") {
  Column column(SqlType::of(TypeKind::integer));
  column.append_null();
  column.clear();
  column.append_fixed<std::int32_t>(1);
  CHECK_FALSE(column.is_null(0));
  CHECK(column.validity() == nullptr);
}

TEST_CASE("a NULL takes a zero value or an empty range") {
  Column number(SqlType::of(TypeKind::bigint));
  number.append_fixed<std::int64_t>(-1);
  number.append_null();
  CHECK(number.values<std::int64_t>()[1] == 0);
  Column text(SqlType::of(TypeKind::text));
  CHECK(text.offsets()[0] == 0);
  text.append_bytes("abc");
  text.append_null();
  text.append_bytes("d");
  CHECK(text.bytes(1).empty());
  CHECK(text.bytes(2) == "d");
  CHECK(text.offsets()[3] == 4);
}

TEST_CASE("rows are removed from every layout, with nulls and without") {
  std::mt19937 random(5);
  for (const Sample& sample : kSamples) {
    INFO(to_string(sample.type));
    for (int round = 0; round < 20; ++round) {
      const unsigned null_share = random() % 4;   // 0 = no nulls
      const unsigned drop_share = random() % 5;   // 4 = all rows
      Column column(sample.type);
      fill(column, sample, 67, [&](int) { return random() % 8 < null_share; });
      std::vector<Value> expected;
      std::vector<bool> flags;
      for (std::size_t row = 0; row < column.rows(); ++row) {
        flags.push_back(random() % 4 < drop_share);
        if (!flags.back()) expected.push_back(column.value(row));
      }
      column.remove_rows(flags);
      CHECK(values_of(column) == expected);
      CHECK(column.null_count() == nulls_in(expected));
      // What is left can be appended to.
      column.append_null();
      REQUIRE(append_text(column, sample.text(3)) == DecodeStatus::ok);
      expected.emplace_back();
      CHECK(column.is_null(expected.size() - 1));
      CHECK_FALSE(column.is_null(expected.size()));
    }
  }
}

TEST_CASE("slices and appended ranges are copies of every layout") {
  for (const Sample& sample : kSamples) {
    INFO(to_string(sample.type));
    for (const bool with_nulls : {false, true}) {
      RecordBatch batch({sample.type});
      fill(batch.column(0), sample, 50, [&](int n) { return with_nulls && n % 5 == 2; });
      const std::vector<Value> all = values_of(batch.column(0));
      for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 50}, {0, 0}, {50, 50}, {3, 4}, {7, 9}, {13, 37}, {2, 3}}) {
        const RecordBatch part = batch.slice(begin, end);
        const std::vector<Value> expected(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end));
        CHECK(values_of(part.column(0)) == expected);
        CHECK(part.column(0).null_count() == nulls_in(expected));
        CHECK(part.rows() == end - begin);
      }
      Column joined(sample.type);
      joined.append_null();
      joined.append_range(batch.column(0), 5, 30);
      joined.append_from(batch.column(0), 49);
      CHECK(joined.rows() == 27);
      CHECK(joined.is_null(0));
      CHECK(joined.value(1) == all[5]);
      CHECK(joined.value(26) == all[49]);
    }
  }
}

TEST_CASE("truncate takes back the rows at the end") {
  for (const Sample& sample : kSamples) {
    INFO(to_string(sample.type));
    Column column(sample.type);
    fill(column, sample, 20, [](int n) { return n == 4 || n == 15; });
    const std::vector<Value> all = values_of(column);
    for (const std::size_t rows : {25, 20, 16, 15, 9, 5, 4, 0}) {
      column.truncate(rows);
      const auto kept = static_cast<std::ptrdiff_t>(std::min<std::size_t>(rows, 20));
      CHECK(values_of(column) == std::vector<Value>(all.begin(), all.begin() + kept));
      CHECK(column.null_count() == (rows > 15 ? 2u : rows > 4 ? 1u : 0u));
    }
    REQUIRE(append_text(column, sample.text(1)) == DecodeStatus::ok);
    CHECK(column.value(0) == all[1]);
  }
}

TEST_CASE("a batch keeps SRC_ROW with its rows") {
  RecordBatch batch({SqlType::of(TypeKind::integer), SqlType::of(TypeKind::text)});
  for (int n = 0; n < 5; ++n) {
    batch.column(0).append_fixed<std::int32_t>(n);
    batch.column(1).append_bytes(std::to_string(n));
    batch.src_rows().push_back(100 + n);
  }
  CHECK(batch.slice(1, 3).src_rows() == std::vector<std::int64_t>{101, 102});
  batch.remove_rows({false, true, false, true, false});
  CHECK(batch.rows() == 3);
  CHECK(batch.src_rows() == std::vector<std::int64_t>{100, 102, 104});
  CHECK(batch.column(1).bytes(2) == "4");
  CHECK(batch.byte_size() > 0);
  batch.clear();
  CHECK(batch.rows() == 0);
  CHECK(batch.column_count() == 2);
  CHECK(batch.src_rows().empty());
}

TEST_CASE("buffers copy, move and keep their memory") {
  Buffer a;
  a.append("hello", 5);
  Buffer b = a;
  CHECK(std::string(reinterpret_cast<const char*>(b.data()), b.size()) == "hello");
  const std::uint8_t* const memory = a.data();
  Buffer c = std::move(a);
  CHECK(c.data() == memory);
  c.clear();
  c.append("x", 1);
  CHECK(c.data() == memory);
}
