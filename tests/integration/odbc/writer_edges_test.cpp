// Streams that are their own transactions, lengths at the edges of buffers, and what memory a stream takes.

#include <catch2/generators/catch_generators.hpp>

#include "integration/odbc/support.hpp"
#include "millrace/access/batch_reader.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

void write_all(BulkWriter& writer, Connection& connection, const FakeRows& rows) {
  writer.write(batch_of(connection, rows));
  writer.finish();
}

FakeRows with_key(FakeRows rows, std::size_t place, std::int64_t id) {
  rows[place].id = id;
  return rows;
}

WriterOptions blaming_nobody() {
  WriterOptions options;
  options.on_refused = [](std::int64_t row, const ErrorInfo& error) { FAIL_CHECK("row " << row << " is not to blame: " << error.message); };
  return options;
}

}  // namespace

TEST_CASE("the rows that go in come out as they were, long, empty and NULL") {
  const FakeDatabase database;
  const auto connection = database.connect();
  const FakeRows rows{{-5, ""}, {0, std::nullopt}, {1, std::string(200, 'x')}, {2, "it's; \"?\" {}"}, {2147483647, "\xE6\x9D\xB1"}};
  CHECK(load(*connection, rows) == 5);
  CHECK((database.rows() == rows));
}

TEST_CASE("a stream of its own that loses rows is rolled back, not committed and then reported") {
  const FakeDatabase database;
  const auto connection = database.connect("loses_last");
  const auto writer = open_writer(*connection);
  const ErrorInfo error = error_of<DatabaseError>([&] { write_all(*writer, *connection, numbered(1, 5)); });
  CHECK(error.code == ErrorCode::data);
  CHECK(database.rows().empty());
  CHECK(connection->usable());
}

TEST_CASE("a stream of its own that fails leaves nothing behind, and its connection goes on") {
  const std::string behaviour = GENERATE("", "goes_on", "all_or_nothing", "no_statuses", "miscounts", "leaves_last_unused");
  CAPTURE(behaviour);
  const FakeDatabase database;
  const auto connection = database.connect(behaviour);
  {
    const auto writer = open_writer(*connection);
    error_of<DatabaseError>([&] { write_all(*writer, *connection, with_key(numbered(1, 9), 6, 2)); });
  }
  CHECK(database.rows().empty());
  CHECK(connection->usable());
  CHECK_FALSE(connection->in_transaction());
  CHECK(connection->query_value(R"(SELECT COUNT(*) FROM "T")").as<int>() == 0);
  CHECK_NOTHROW(Transaction(*connection).commit());
}

TEST_CASE("a stream of its own whose COMMIT is not answered is in doubt") {
  const auto [behaviour, stored] = GENERATE(table<std::string, std::size_t>({{"dies_before_commit", 0}, {"dies_after_commit", 4}}));
  CAPTURE(behaviour);
  const FakeDatabase database;
  const auto connection = database.connect(behaviour);
  const auto writer = open_writer(*connection);
  const ErrorInfo error = error_of<InDoubtError>([&] { write_all(*writer, *connection, numbered(1, 4)); });
  CHECK(error.sqlstate == "08S01");
  CHECK_FALSE(error.safe_to_retry);
  CHECK_FALSE(connection->usable());
  CHECK(database.rows().size() == stored);
}

TEST_CASE("a connection that is lost under a stream is told so, whoever owns the transaction") {
  const bool own = GENERATE(false, true);
  const std::string behaviour = GENERATE("dies", "dies,no_statuses", "dies,refuses_arrays");
  CAPTURE(own, behaviour);
  const FakeDatabase database;
  const auto connection = database.connect(behaviour, ";After=7");
  const auto lose = [&] {
    const auto writer = open_writer(*connection);
    writer->write(batch_of(*connection, numbered(1, 5)));
    const ErrorInfo error = error_of<ConnectionError>([&] { write_all(*writer, *connection, numbered(6, 10)); });
    CHECK(error.code == ErrorCode::connection_lost);
    CHECK(error.poisons_connection);
  };
  if (own) {
    lose();
  } else {
    const Transaction transaction(*connection);
    lose();
  }
  CHECK_FALSE(connection->usable());
  CHECK(connection->lost());
  CHECK(database.rows().empty());
}

TEST_CASE("a statement outside a transaction that loses its connection is in doubt") {
  const FakeDatabase database;
  const auto connection = database.connect("dies");
  error_of<InDoubtError>([&] { connection->execute(R"(INSERT INTO "T" ("ID", "V") VALUES (?, ?))", {1, "x"}); });
  CHECK(connection->lost());
}

TEST_CASE("an error without a word is nobody's fault, however many rows there are") {
  const std::int64_t last = GENERATE(1, 8);
  CAPTURE(last);
  const FakeDatabase database;
  load(*database.connect(), numbered(1, 1));
  const auto connection = database.connect("says_nothing");
  const ErrorInfo error = error_of([&] { load(*connection, numbered(1, last), blaming_nobody()); });
  CHECK(error.code == ErrorCode::internal);
  CHECK(error.row == -1);
  CHECK_FALSE(connection->usable());
  CHECK((database.rows() == numbered(1, 1)));
}

TEST_CASE("a message of 4,000 bytes is one line that begins with what is wrong") {
  const FakeDatabase database;
  const auto connection = database.connect("talks_long");
  const ErrorInfo error = error_of([&] { load(*connection, with_key(numbered(1, 3), 2, 1)); });
  CHECK(error.message.starts_with("the key of T has 1 already..."));
  CHECK(error.message.size() <= 4000);
  CHECK(error.message.find_first_of(std::string_view("\0\n", 2)) == std::string::npos);
}

TEST_CASE("texts at the edges of the read buffer come whole, whether their length is known or not") {
  const std::string behaviour = GENERATE("", "no_total");
  CAPTURE(behaviour);
  const FakeDatabase database;
  const auto connection = database.connect(behaviour, ";Length=200000");
  FakeRows rows;
  for (const std::size_t length : {0, 1, 4094, 4095, 4096, 4097, 8190, 8191, 8192, 8193, 12287, 12288, 100'000}) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + i % 23);
    rows.push_back({static_cast<std::int64_t>(rows.size()), std::move(text)});
  }
  load(*connection, rows);
  for (const FakeRow& row : rows) {   // each in a buffer that no longer text has widened
    const auto reader = connection->open_reader(R"(SELECT "ID", "V" FROM "T")", {}, {.max_rows = 1});
    RecordBatch batch = reader->make_batch();
    for (std::int64_t id = 0; id <= *row.id; ++id) REQUIRE(reader->next(batch));
    CHECK((batch.column(1).bytes(0) == *row.v));
  }
  const ResultSet read = connection->query(R"(SELECT "ID", "V" FROM "T")");
  REQUIRE(read.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK((read[i][1] == Value(*rows[i].v)));
}

TEST_CASE("a shorter batch is written from the memory that the longer one before it was bound with") {
  const FakeDatabase database;
  const auto connection = database.connect();
  Transaction transaction(*connection);
  const auto writer = open_writer(*connection);
  for (const auto& [first, last] : {std::pair{100, 199}, {200, 299}, {300, 310}, {400, 499}}) writer->write(batch_of(*connection, numbered(first, last)));
  CHECK(writer->finish().rows == 311);
  transaction.commit();
  CHECK(database.statistics().binds == 2);
  CHECK(database.rows().back() == FakeRow{499, "v499"});
}

TEST_CASE("arrays keep to max_bytes when values get shorter by less than what gives their memory up") {
  constexpr std::size_t kBudget = 1 << 20;
  const FakeDatabase database;
  const auto connection = database.connect({}, ";Length=500");
  WriterOptions options;
  options.max_bytes = kBudget;
  options.max_rows = 32'767;
  FakeRows wide, narrow;
  for (std::int64_t id = 0; id < 2000; ++id) wide.push_back({id, std::string(400, 'w')});
  for (std::int64_t id = 2000; id < 14'000; ++id) narrow.push_back({id, std::string(110, 'n')});
  FakeRows rows = wide;
  rows.insert(rows.end(), narrow.begin(), narrow.end());
  CHECK(load(*connection, rows, options, rows.size()) == 14'000);
  CHECK(database.statistics().most_bytes <= kBudget + kBudget / 8);
  CHECK((database.rows() == rows));
}
