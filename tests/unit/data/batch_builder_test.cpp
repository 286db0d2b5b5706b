#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <string>

#include "millrace/data/batch_builder.hpp"
#include "millrace/data/data_error.hpp"

using namespace millrace;

namespace {

BatchBuilder make_builder() {
  return BatchBuilder({{"id", SqlType::of(TypeKind::integer)}, {"name", SqlType::varchar(5)}, {"amount", SqlType::decimal(5, 2)}, {"day", SqlType::of(TypeKind::date)}});
}

std::string text_at(const RecordBatch& batch, std::size_t row, std::size_t column) {
  return batch.column(column).is_null(row) ? "NULL" : batch.column(column).value(row).to_text();
}

/// The text of one value in a column of `type`, or the code of its reject (the message's end).
std::string stored(const SqlType& type, Value value) {
  BatchBuilder builder({{"c", type}});
  try {
    builder.append(std::move(value));
  } catch (const DataError& error) {
    return "refused";
  }
  return text_at(builder.take(), 0, 0);
}

struct Trade {
  std::int64_t id;
  std::string acct;
  std::optional<double> rate;
  Decimal amount;
};

}  // namespace

TEST_CASE("a builder takes rows and hands out batches") {
  BatchBuilder rows = make_builder();
  rows.append(1, "one", Decimal::parse("1.5"), make_date(2023, 2, 28));
  rows.append(2, nullptr, std::nullopt, "2023-03-01");
  CHECK(rows.rows() == 2);
  CHECK(rows.byte_size() > 0);
  const RecordBatch batch = rows.take();
  CHECK(batch.rows() == 2);
  CHECK(text_at(batch, 0, 2) == "1.50");
  CHECK(text_at(batch, 1, 1) == "NULL");
  CHECK(text_at(batch, 1, 2) == "NULL");
  CHECK(text_at(batch, 1, 3) == "2023-03-01");
  CHECK(rows.rows() == 0);
  rows.append(3, "three", 3, "2023-03-02");
  CHECK(text_at(rows.take(), 0, 2) == "3.00");
}

TEST_CASE("a bad row leaves no trace") {
  BatchBuilder rows = make_builder();
  rows.append(1, "one", 1, "2023-02-28");
  try {
    rows.append(2, nullptr, Decimal::parse("1.5"), "2023-02-30");
    FAIL("accepted");
  } catch (const DataError& error) {
    CHECK(error.info().column == "day");
    CHECK(error.info().row == 1);
    CHECK(std::string(error.what()).find("column day") != std::string::npos);
    CHECK(std::string(error.what()).find("2023-02-30") != std::string::npos);
  }
  CHECK_THROWS_AS(rows.append(2147483648, "x", 1, nullptr), DataError);
  CHECK_THROWS_AS(rows.append(2, "toolong", 1, nullptr), DataError);
  CHECK_THROWS_AS(rows.append(2, "x", 1000, nullptr), DataError);
  CHECK_THROWS_AS(rows.append(2, "x"), DataError);
  CHECK_THROWS_AS(rows.append(2, "\xff", 1, nullptr), DataError);
  rows.append(2, "two", 2, nullptr);
  const RecordBatch batch = rows.take();
  REQUIRE(batch.rows() == 2);
  for (const Column& column : batch.columns()) CHECK(column.rows() == 2);
  CHECK(text_at(batch, 1, 1) == "two");
  CHECK(batch.column(1).null_count() == 0);
  CHECK(text_at(batch, 1, 3) == "NULL");
}

TEST_CASE("a program's own structs are matched by name") {
  const auto mapping = row_mapping<Trade>(field("amount", &Trade::amount), field("acct", &Trade::acct), field("id", &Trade::id), field("rate", &Trade::rate));
  BatchBuilder rows({{"id", SqlType::of(TypeKind::bigint)},
                     {"acct", SqlType::of(TypeKind::text)},
                     {"note", SqlType::of(TypeKind::text)},
                     {"rate", SqlType::of(TypeKind::double_precision)},
                     {"amount", SqlType::decimal(10, 2)}});
  rows.append(mapping, Trade{7, "AC1", std::nullopt, Decimal::parse("2.345")});
  rows.append(mapping, Trade{8, "AC2", 0.5, Decimal::parse("-1")});
  const RecordBatch batch = rows.take();
  CHECK(text_at(batch, 0, 0) == "7");
  CHECK(text_at(batch, 0, 1) == "AC1");
  CHECK(text_at(batch, 0, 2) == "NULL");
  CHECK(text_at(batch, 0, 3) == "NULL");
  CHECK(text_at(batch, 0, 4) == "2.35");
  CHECK(text_at(batch, 1, 3) == "0.5");
  CHECK(text_at(batch, 1, 4) == "-1.00");
}

TEST_CASE("a mapping to a column that the batch lacks is refused") {
  BatchBuilder rows({{"id", SqlType::of(TypeKind::bigint)}});
  CHECK_THROWS_AS(rows.append(row_mapping<Trade>(field("nope", &Trade::id)), Trade{}), DataError);
  CHECK(rows.rows() == 0);
  CHECK_THROWS_AS(BatchBuilder({}), Error);
}

TEST_CASE("values are converted to their column's type when nothing is lost but decimals") {
  CHECK(stored(SqlType::of(TypeKind::smallint), 32767) == "32767");
  CHECK(stored(SqlType::of(TypeKind::smallint), 32768) == "refused");
  CHECK(stored(SqlType::of(TypeKind::bigint), "12") == "12");
  CHECK(stored(SqlType::of(TypeKind::integer), 1.5) == "refused");
  CHECK(stored(SqlType::of(TypeKind::double_precision), 3) == "3");
  CHECK(stored(SqlType::of(TypeKind::double_precision), Decimal{15, 1}) == "1.5");
  CHECK(stored(SqlType::of(TypeKind::real), 1e300) == "refused");
  CHECK(stored(SqlType::of(TypeKind::boolean), 1) == "true");
  CHECK(stored(SqlType::of(TypeKind::boolean), 2) == "refused");
  CHECK(stored(SqlType::of(TypeKind::integer), true) == "refused");
  CHECK(stored(SqlType::decimal(4, 2), 99.994) == "99.99");
  CHECK(stored(SqlType::decimal(4, 2), 99.995) == "refused");
  CHECK(stored(SqlType::decimal(4, 2), Decimal{9999, 2}) == "99.99");
  CHECK(stored(SqlType::decimal(4, 2), Decimal{10000, 2}) == "refused");
  CHECK(stored(SqlType::decimal(4, 2), Decimal{-9995, 3}) == "-10.00");
  CHECK(stored(SqlType::decimal(0, 0), Decimal{-9995, 3}) == "-9.995");
  CHECK(stored(SqlType::of(TypeKind::text), 5) == "5");
  CHECK(stored(SqlType::of(TypeKind::text), make_date(2023, 1, 1)) == "2023-01-01");
  CHECK(stored(SqlType::of(TypeKind::timestamp), make_date(2023, 1, 1)) == "2023-01-01 00:00:00");
  CHECK(stored(SqlType::of(TypeKind::timestamp_tz), Timestamp{1}) == "1970-01-01 00:00:00.000001+00");
  CHECK(stored(SqlType::of(TypeKind::date), Timestamp{1}) == "refused");
  CHECK(stored(SqlType::of(TypeKind::date), Date{2932897}) == "refused");
  CHECK(stored(SqlType::of(TypeKind::time), TimeOfDay{86400000000}) == "24:00:00");
  CHECK(stored(SqlType::of(TypeKind::time), TimeOfDay{86400000001}) == "refused");
  CHECK(stored(SqlType::of(TypeKind::time), TimeOfDay{-1}) == "refused");
  CHECK(stored(SqlType::of(TypeKind::uuid), Uuid{}) == "00000000-0000-0000-0000-000000000000");
  CHECK(stored(SqlType::of(TypeKind::binary), Bytes{std::byte{0}}) == "\\x00");
  CHECK(stored(SqlType::of(TypeKind::binary), "\\x41") == "\\x41");
  CHECK(stored(SqlType::of(TypeKind::json), "{}") == "{}");
  CHECK(stored(SqlType::of(TypeKind::json), "{") == "refused");
}
