// The stream that a query becomes: schema, buffers, lives, errors.

#include "millrace/access/arrow.hpp"

#include <cerrno>

#include "access/arrow/export_batch.hpp"
#include "millrace/data/batch_builder.hpp"
#include "millrace/testing/fake_connection.hpp"
#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

using Rows = std::vector<std::vector<Value>>;

struct Fixture {
  void answer(std::vector<ResultColumn> columns, Rows rows) { database.answer(ResultSet(std::move(columns), std::move(rows))); }
  OwnedArrowStream open(const ReaderOptions& options = {}) {
    OwnedArrowStream stream;
    copy_to_arrow(*connection, "SELECT ?", {1}, stream.out(), options);
    return stream;
  }
  void answer_numbers(int count) {
    Rows rows;
    for (int i = 0; i < count; ++i) rows.push_back({i});
    answer({{"n", SqlType::of(TypeKind::integer)}}, std::move(rows));
  }

  testing::FakeDatabase database;
  std::unique_ptr<Connection> connection = database.connect();
};

OwnedArrowArray next(OwnedArrowStream& stream) {
  OwnedArrowArray array;
  REQUIRE(stream->get_next(stream.get(), array.out()) == 0);
  return array;
}

std::int32_t number(const ArrowArray& column, std::size_t row) { return static_cast<const std::int32_t*>(column.buffers[1])[row]; }

std::string text(const ArrowArray& column, std::size_t row) {
  const auto* const offsets = static_cast<const std::int32_t*>(column.buffers[1]);
  return {static_cast<const char*>(column.buffers[2]) + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
}

}  // namespace

TEST_CASE_METHOD(Fixture, "each type has its Arrow type") {
  struct Case { SqlType type; const char* format; };
  const std::vector<Case> cases = {
      {SqlType::of(TypeKind::boolean), "b"}, {SqlType::of(TypeKind::smallint), "s"}, {SqlType::of(TypeKind::integer), "i"}, {SqlType::of(TypeKind::bigint), "l"},
      {SqlType::of(TypeKind::real), "f"}, {SqlType::of(TypeKind::double_precision), "g"}, {SqlType::decimal(15, 2), "d:15,2"}, {SqlType::of(TypeKind::decimal), "u"},
      {SqlType::decimal(50, 2), "u"}, {SqlType::character(3), "u"}, {SqlType::varchar(3), "u"}, {SqlType::of(TypeKind::text), "u"}, {SqlType::of(TypeKind::binary), "z"},
      {SqlType::of(TypeKind::date), "tdD"}, {SqlType::of(TypeKind::time), "ttu"}, {SqlType::of(TypeKind::timestamp), "tsu:"},
      {SqlType::of(TypeKind::timestamp_tz), "tsu:UTC"}, {SqlType::of(TypeKind::uuid), "u"}, {SqlType::of(TypeKind::json), "u"}, {SqlType::of(TypeKind::other), "u"}};
  std::vector<ResultColumn> columns;
  for (const Case& c : cases) columns.push_back({"c " + to_string(c.type), c.type});
  answer(columns, {});
  OwnedArrowStream stream = open();
  OwnedArrowSchema schema;
  REQUIRE(stream->get_schema(stream.get(), schema.out()) == 0);
  CHECK(std::string_view(schema->format) == "+s");
  REQUIRE(schema->n_children == static_cast<std::int64_t>(cases.size()));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(to_string(cases[i].type));
    CHECK(std::string_view(schema->children[i]->format) == cases[i].format);
    CHECK(schema->children[i]->name == columns[i].name);
    CHECK(schema->children[i]->flags == ARROW_FLAG_NULLABLE);
  }
}

TEST_CASE_METHOD(Fixture, "an empty result keeps its schema and ends at once") {
  answer({{"a", SqlType::of(TypeKind::integer)}, {"b", SqlType::of(TypeKind::text)}}, {});
  OwnedArrowStream stream = open();
  CHECK_FALSE(next(stream));
  CHECK_FALSE(next(stream));
  OwnedArrowSchema schema;
  REQUIRE(stream->get_schema(stream.get(), schema.out()) == 0);
  CHECK(schema->n_children == 2);
}

TEST_CASE_METHOD(Fixture, "the schema can be asked for twice and released late") {
  answer_numbers(1);
  OwnedArrowSchema first, second;
  {
    OwnedArrowStream stream = open();
    REQUIRE(stream->get_schema(stream.get(), first.out()) == 0);
    REQUIRE(stream->get_schema(stream.get(), second.out()) == 0);
  }
  CHECK(std::string_view(first->children[0]->name) == "n");
  CHECK(std::string_view(second->children[0]->name) == "n");
}

TEST_CASE_METHOD(Fixture, "rows are read when they are asked for, with the parameters of the query") {
  answer_numbers(5);
  OwnedArrowStream stream = open({2, 1 << 20});
  CHECK(database.count("open_reader SELECT $1") == 1);
  CHECK(database.last_values() == std::vector<Value>{1});
  std::vector<std::int64_t> lengths;
  int expected = 0;
  while (const OwnedArrowArray batch = next(stream)) {
    lengths.push_back(batch->length);
    for (std::int64_t row = 0; row < batch->length; ++row) CHECK(number(*batch->children[0], static_cast<std::size_t>(row)) == expected++);
  }
  CHECK(lengths == std::vector<std::int64_t>{2, 2, 1});
}

TEST_CASE_METHOD(Fixture, "batches outlive their stream, and columns their batch") {
  answer({{"n", SqlType::of(TypeKind::integer)}, {"t", SqlType::of(TypeKind::text)}}, {{7, "seven"}, {nullptr, nullptr}});
  OwnedArrowArray numbers, texts;
  {
    OwnedArrowArray batch;
    {
      OwnedArrowStream stream = open();
      batch = next(stream);
    }
    numbers = OwnedArrowArray(*batch->children[0]);  // as consumers move children out: the struct is copied, its release set to null
    texts = OwnedArrowArray(*batch->children[1]);
  }
  CHECK(number(*numbers, 0) == 7);
  CHECK(numbers->null_count == 1);
  CHECK(*static_cast<const std::uint8_t*>(numbers->buffers[0]) % 4 == 1);
  numbers.reset();
  CHECK(text(*texts, 0) == "seven");
}

TEST_CASE("a batch is moved, not copied") {
  BatchBuilder builder({{"n", SqlType::of(TypeKind::bigint)}, {"t", SqlType::of(TypeKind::text)}});
  builder.append(1, "one");
  RecordBatch batch = builder.take();
  const void* const numbers = batch.column(0).values<std::int64_t>().data();
  const void* const bytes = batch.column(1).bytes(0).data();
  const OwnedArrowArray array = arrow::export_batch(std::move(batch));
  CHECK(array->children[0]->buffers[1] == numbers);
  CHECK(array->children[1]->buffers[2] == bytes);
  CHECK(array->children[0]->buffers[0] == nullptr);
  CHECK(array->children[0]->null_count == 0);
}

TEST_CASE("a batch without rows is exported without touching its buffers") {
  const OwnedArrowArray array = arrow::export_batch(RecordBatch({SqlType::of(TypeKind::text), SqlType::of(TypeKind::uuid), SqlType::of(TypeKind::boolean)}));
  CHECK(array->length == 0);
  CHECK(array->n_children == 3);
}

TEST_CASE_METHOD(Fixture, "a uuid is text") {
  Uuid id;
  id.bytes.back() = 9;
  answer({{"id", SqlType::of(TypeKind::uuid)}}, {{id}, {nullptr}});
  OwnedArrowStream stream = open();
  const OwnedArrowArray batch = next(stream);
  CHECK(text(*batch->children[0], 0) == "00000000-0000-0000-0000-000000000009");
  CHECK(batch->children[0]->null_count == 1);
}

TEST_CASE_METHOD(Fixture, "an error of the query is the stream's, and stays") {
  database.fail("open_reader", ErrorCode::syntax, "scripted");
  OwnedArrowStream none;
  CHECK(error_of([&] { copy_to_arrow(*connection, "SELECT", none.out()); }).code == ErrorCode::syntax);
  CHECK_FALSE(none);
  CHECK(error_of([&] { copy_to_arrow(*connection, "SELECT", nullptr); }).code == ErrorCode::misuse);

  answer({{"n", SqlType::of(TypeKind::smallint)}}, {{1}, {100'000}});  // the second row does not fit its column
  OwnedArrowStream stream = open({1, 1 << 20});
  CHECK(next(stream));
  ArrowArray array{};
  for (int i = 0; i < 2; ++i) {
    CHECK(stream->get_next(stream.get(), &array) == EIO);
    CHECK(array.release == nullptr);
    CHECK(std::string_view(stream->get_last_error(stream.get())).find("\"100000\" is out of range for smallint") != std::string_view::npos);
  }
}

TEST_CASE_METHOD(Fixture, "24:00:00 is refused, which readers would take for NULL or midnight") {
  answer({{"n", SqlType::of(TypeKind::integer)}, {"t", SqlType::of(TypeKind::time)}}, {{1, TimeOfDay{5}}, {2, nullptr}, {3, TimeOfDay{86'400'000'000}}});
  OwnedArrowStream stream = open({2, 1 << 20});
  CHECK(next(stream));
  ArrowArray array{};
  CHECK(stream->get_next(stream.get(), &array) == EIO);
  CHECK(std::string_view(stream->get_last_error(stream.get())).starts_with("column \"t\", row 3 of the result: 24:00:00 is no time of day in Arrow"));
}

TEST_CASE_METHOD(Fixture, "no error, no last error") {
  answer_numbers(1);
  OwnedArrowStream stream = open();
  CHECK(stream->get_last_error(stream.get()) == nullptr);
}

TEST_CASE("what is exported can be read again, every type and NULL") {
  struct Case { SqlType type; Value value; };
  Uuid id;
  id.bytes.front() = 0xab;
  const std::vector<Case> cases = {{SqlType::of(TypeKind::boolean), true}, {SqlType::of(TypeKind::smallint), -3}, {SqlType::of(TypeKind::integer), 4},
                                   {SqlType::of(TypeKind::bigint), 1LL << 50}, {SqlType::of(TypeKind::real), 1.5}, {SqlType::of(TypeKind::double_precision), 0.1},
                                   {SqlType::decimal(15, 2), Decimal::parse("-12.50")}, {SqlType::of(TypeKind::decimal), "1e-50"}, {SqlType::varchar(5), "abc"},
                                   {SqlType::of(TypeKind::binary), Bytes{std::byte{0}, std::byte{255}}}, {SqlType::of(TypeKind::date), Date{-5}},
                                   {SqlType::of(TypeKind::time), TimeOfDay{86'399'999'999}}, {SqlType::of(TypeKind::timestamp), Timestamp{-1}},
                                   {SqlType::of(TypeKind::timestamp_tz), TimestampTz{1}}, {SqlType::of(TypeKind::uuid), id}, {SqlType::of(TypeKind::json), "{}"}};
  for (const auto& [type, value] : cases) {
    INFO(to_string(type));
    testing::FakeDatabase database;
    const auto connection = database.connect();
    database.answer(ResultSet({{"c", type}}, {{value}, {nullptr}, {value}}));
    OwnedArrowStream stream;
    copy_to_arrow(*connection, "SELECT", stream.out());
    arrow::StreamBatches batches(std::move(stream));
    ColumnInfo target;
    target.name = "c";
    target.type = type;
    batches.choose({{0, target}});
    RecordBatch batch = batches.make_batch();
    REQUIRE(batches.next(batch));
    REQUIRE(batch.rows() == 3);
    CHECK(batch.column(0).value(0) == value);
    CHECK(batch.column(0).value(1).is_null());
    CHECK(batch.column(0).value(2) == value);
  }
}
