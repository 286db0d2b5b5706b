// Merges against an oracle that does the same with a map.

#include "integration/sqlite3/support.hpp"

#include <map>
#include <random>
#include <tuple>

#include <catch2/generators/catch_generators.hpp>

using namespace millrace;
using namespace millrace::test;

namespace {

using Key = std::pair<std::string, std::string>;
using Values = std::pair<std::optional<std::string>, std::optional<std::string>>;

struct Counts {
  std::int64_t inserted = 0, updated = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

struct Shape {
  std::string target;       ///< its columns and constraints
  bool permanent = false;
  bool duplicates = true;
  bool key_is_unique = true;
};

std::optional<std::string> random_value(std::mt19937& random) {
  static const char* const kValues[] = {"1", "1.5", "-2", "20.25"};
  const auto pick = random() % 6;
  return pick < 4 ? std::optional<std::string>(kValues[pick]) : std::nullopt;
}

Value bound(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }

/// One random merge, checked in every respect.
class Experiment {
 public:
  Experiment(const Shape& shape, unsigned seed) : shape_(shape), random_(seed), connection_(open_memory()) {
    connection_->execute("CREATE TABLE t(" + shape.target);
    connection_->execute(shape.permanent ? "CREATE TABLE s(stg_id INTEGER PRIMARY KEY, run TEXT, src BIGINT, k1 BIGINT, k2 TEXT, a DECIMAL(10,2), b TEXT)"
                                         : "CREATE TABLE s(src INTEGER PRIMARY KEY, run TEXT, k1 BIGINT, k2 TEXT, a DECIMAL(10,2), b TEXT)");
    fill_target();
    fill_staging();
  }

  void check() {
    const PublishSpec spec = make_spec();
    const ResultSet counted = connection_->query(connection_->dialect().counting_join(spec));
    REQUIRE(Counts{counted[0][0].as<std::int64_t>(), counted[0][1].as<std::int64_t>()} == expected_);
    REQUIRE(run(spec) == expected_);
    REQUIRE_FALSE(connection_->dialect().change_counters(spec.target));
    REQUIRE(target_now() == merged_);
    REQUIRE(connection_->query_value("SELECT count(*) FROM t WHERE mark = 'inserted'") == Value(expected_.inserted));
    REQUIRE(connection_->query_value("SELECT count(*) FROM t WHERE mark = 'updated'") == Value(expected_.updated));
    REQUIRE(run(spec) == Counts{});  // a merge that has run has nothing left to do
  }

 private:
  Key random_key() { return {std::to_string(random_() % 6), std::string(1, static_cast<char>('a' + random_() % 4))}; }

  void fill_target() {
    for (unsigned i = random_() % 20; i > 0; --i) before_[random_key()] = {random_value(random_), random_value(random_)};
    for (const auto& [key, values] : before_) {
      connection_->execute("INSERT INTO t(k1, k2, a, b, mark) VALUES (?, ?, ?, ?, 'old')", {key.first, key.second, bound(values.first), bound(values.second)});
    }
  }

  void fill_staging() {
    std::map<Key, Values> staged;
    for (std::int64_t row = 1, last = static_cast<std::int64_t>(random_() % 30); row <= last; ++row) {
      const Key key = random_key();
      if (!shape_.duplicates && staged.contains(key)) continue;
      const auto old = before_.find(key);
      const Values values = old != before_.end() && random_() % 3 == 0 ? old->second : Values{random_value(random_), random_value(random_)};
      staged[key] = values;
      connection_->execute("INSERT INTO s(src, run, k1, k2, a, b) VALUES (?, 'mine', ?, ?, ?, ?)", {row, key.first, key.second, bound(values.first), bound(values.second)});
      if (shape_.permanent) connection_->execute("INSERT INTO s(src, run, k1, k2, a, b) VALUES (?, 'other', ?, ?, 7, 'wrong')", {row + 100, key.first, key.second});
    }
    merged_ = before_;
    for (const auto& [key, values] : staged) {
      const auto old = before_.find(key);
      if (old == before_.end()) ++expected_.inserted;
      else if (old->second != values) ++expected_.updated;
      merged_[key] = values;
    }
  }

  PublishSpec make_spec() {
    PublishSpec spec;
    spec.target = connection_->describe({"", "t"});
    spec.staged = {{"main", "s"}, shape_.permanent ? "\"run\" = 'mine'" : "", "src"};
    spec.columns = {"b", "k2", "a", "k1"};
    spec.key = {"k1", "k2"};
    spec.sets = {{"mark", "'inserted'", true, false}, {"mark", "'updated'", false, true}};
    spec.duplicate_keys = shape_.duplicates;
    return spec;
  }

  Counts run(const PublishSpec& spec) {
    Counts counts;
    Transaction transaction(*connection_);
    for (const PublishStatement& statement : connection_->dialect().merge(spec)) {
      const std::int64_t rows = connection_->execute(statement.sql);
      if (statement.role == StatementRole::insert) counts.inserted += rows;
      if (statement.role == StatementRole::update) counts.updated += rows;
    }
    transaction.commit();
    return counts;
  }

  std::map<Key, Values> target_now() {
    std::map<Key, Values> now;
    const auto text = [](const Value& value) { return value.is_null() ? std::nullopt : std::optional(value.to_text()); };
    for (const Row row : connection_->query("SELECT CAST(k1 AS TEXT), k2, CAST(a AS TEXT), b FROM t")) {
      REQUIRE(now.try_emplace({row[0].to_text(), row[1].to_text()}, text(row[2]), text(row[3])).second);
    }
    return now;
  }

  const Shape& shape_;
  std::mt19937 random_;
  std::unique_ptr<Connection> connection_;
  std::map<Key, Values> before_, merged_;
  Counts expected_;
};

}  // namespace

TEST_CASE("random merges end and count as the oracle says") {
  const std::string columns = "mark TEXT, k1 BIGINT, k2 TEXT, a DECIMAL(10,2), b TEXT";
  const Shape shape = GENERATE_COPY(values<Shape>({
      {columns + ", PRIMARY KEY (k1, k2))"},
      {columns + ", PRIMARY KEY (k1, k2))", true},
      {columns + ", PRIMARY KEY (k1, k2))", false, false},
      {columns + ", PRIMARY KEY (k2, k1)) WITHOUT ROWID"},
      {columns + ", UNIQUE (k2, k1))", true, false},
      {columns + ")", false, true, false},
      {columns + ")", true, false, false},
  }));
  INFO(shape.target << " permanent " << shape.permanent << " duplicates " << shape.duplicates);
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Experiment(shape, seed).check();
  }
}

namespace {

struct SmallMerge {
  std::unique_ptr<Connection> connection = open_memory();
  PublishSpec spec;

  SmallMerge(const std::string& target, const std::string& staging) {
    connection->execute(target);
    connection->execute(staging);
    spec.target = connection->describe({"", "t"});
    spec.staged = {{"main", "s"}, "", "src"};
    spec.columns = {"k", "v"};
    spec.key = {"k"};
  }
  std::string run() {
    std::string counts;
    Transaction transaction(*connection);
    for (const PublishStatement& statement : connection->dialect().merge(spec)) counts += std::to_string(connection->execute(statement.sql)) + " ";
    transaction.commit();
    return counts;
  }
};

}  // namespace

TEST_CASE("keys match by the target's collation, while a change of case in a value is a change") {
  SmallMerge merge("CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v TEXT COLLATE NOCASE)", "CREATE TABLE s(src INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE, v TEXT COLLATE NOCASE)");
  merge.connection->execute("INSERT INTO t VALUES ('Key', 'value'), ('same', 'x')");
  merge.connection->execute("INSERT INTO s VALUES (1, 'KEY', 'VALUE'), (2, 'new', '1'), (3, 'NEW', '2'), (4, 'SAME', 'x')");
  CHECK(merge.run() == "1 1 ");
  CHECK(dump(*merge.connection, "SELECT k, v FROM t ORDER BY k COLLATE BINARY") == "Key|VALUE NEW|2 same|x");
}

TEST_CASE("a table of keys alone only grows") {
  SmallMerge merge("CREATE TABLE t(k INTEGER PRIMARY KEY)", "CREATE TABLE s(src INTEGER PRIMARY KEY, k INTEGER)");
  merge.spec.columns = {"k"};
  merge.connection->execute("INSERT INTO t VALUES (1)");
  merge.connection->execute("INSERT INTO s VALUES (1, 1), (2, 2), (3, 2)");
  CHECK(merge.run() == "1 ");
  CHECK(merge.connection->query(merge.connection->dialect().counting_join(merge.spec))[0][1] == Value(0));
}

TEST_CASE("a violation of another unique key is an error, not a row less") {
  SmallMerge merge("CREATE TABLE t(k BIGINT PRIMARY KEY, v TEXT UNIQUE)", "CREATE TABLE s(src INTEGER PRIMARY KEY, k BIGINT, v TEXT)");
  merge.connection->execute("INSERT INTO t VALUES (1, 'x')");
  merge.connection->execute("INSERT INTO s VALUES (1, 2, 'x')");
  const ErrorInfo error = error_of([&] { merge.run(); });
  CHECK(error.code == ErrorCode::unique_violation);
  CHECK(error.constraint == "t.v");
  CHECK(dump(*merge.connection, "SELECT * FROM t") == "1|x");
}

TEST_CASE("hostile names merge like others") {
  const auto connection = open_memory();
  connection->execute("CREATE TABLE \"target\"(\"staged\" TEXT PRIMARY KEY, \"a\"\"b; --\" TEXT, \"excluded\" TEXT)");
  connection->execute("CREATE TABLE \"s\"\"?\"(\"src ?\" INTEGER PRIMARY KEY, \"staged\" TEXT, \"a\"\"b; --\" TEXT, \"excluded\" TEXT)");
  connection->execute("INSERT INTO \"target\" VALUES ('1', 'x', 'y')");
  connection->execute("INSERT INTO \"s\"\"?\" VALUES (1, '1', 'x', 'z'), (2, '2', 'x', 'z')");
  PublishSpec spec;
  spec.target = connection->describe({"", "target"});
  spec.staged = {{"main", "s\"?"}, "", "src ?"};
  spec.columns = {"staged", "a\"b; --", "excluded"};
  spec.key = {"staged"};
  for (const PublishStatement& statement : connection->dialect().merge(spec)) CHECK(connection->execute(statement.sql) == 1);
  CHECK(dump(*connection, "SELECT * FROM \"target\"") == "1|x|z 2|x|z");
}
