// Staging tables: of one run, and permanent ones that runs share.

#include "conformance/publish.hpp"

using namespace millrace;
using namespace millrace::conformance;

namespace {

StagingTable permanent_staging(Database& db, const TableInfo& target, const std::vector<std::string>& columns, const std::vector<std::string>& key) {
  StagingTable staging;
  staging.name = {target.name.schema, db.name("shared_stg")};
  for (const std::string& column : columns) staging.columns.push_back(*target.find(db.name(column)));
  staging.key = db.names(key);
  staging.permanent = true;
  const Dialect& d = db.dialect();
  staging.own_names = {d.fold("STG_ID"), d.fold("RUN_ID"), d.fold("WORKER_ID"), d.fold("SRC_ROW"), d.fold("INSERT_TS")};
  staging.src_row = staging.own_names.src_row;
  return staging;
}

void write_run(Database& db, const StagingTable& staging, std::string_view run, const Rows& rows) {
  std::vector<ColumnInfo> columns = {{staging.own_names.run_id, SqlType::varchar(50)}, {staging.own_names.worker_id, SqlType::of(TypeKind::integer)},
                                     {staging.own_names.src_row, SqlType::of(TypeKind::bigint)}};
  columns.insert(columns.end(), staging.columns.begin(), staging.columns.end());
  Rows staged;
  for (const auto& row : rows) {
    staged.push_back({run, 1, staged.size() + 1});
    staged.back().insert(staged.back().end(), row.begin(), row.end());
  }
  auto stream = db.open_stream(staging.name, columns);
  stream.write(staged);
  REQUIRE(stream.finish() == static_cast<std::int64_t>(rows.size()));
}

}  // namespace

CONFORMANCE_TEST("a staging table takes the types and collations of its target, and no constraint") {
  db.run({"CREATE TABLE t (id " + db.quirks().identity_by_default + ", a " + db.type(SqlType::decimal(38, 10)) + " NOT NULL DEFAULT 0 CHECK (a >= 0), b " +
          db.type(SqlType::varchar(50)) + " " + db.quirks().collate + " UNIQUE, d " + db.type(TypeKind::text) + " " + db.quirks().collate + ", c integer " + db.quirks().generated_stored + ")"});
  const TableInfo target = db.describe("t");
  StagingTable staging;
  staging.name = {target.name.schema, db.name("t_stg")};
  staging.columns = {*target.find(db.name("id")), *target.find(db.name("a")), *target.find(db.name("b")), *target.find(db.name("d"))};
  staging.src_row = db.name("src_row");
  db.run(db.dialect().create_staging(staging));
  const TableInfo made = db->describe(staging.name);
  CHECK(made.columns.size() == 5);
  CHECK(made.find(db.name("src_row")));
  for (const ColumnInfo& wanted : staging.columns) {
    INFO(wanted.name);
    const ColumnInfo* const found = made.find(wanted.name);
    REQUIRE(found);
    CHECK(found->type == wanted.type);
    CHECK(found->collation == wanted.collation);
    CHECK(found->nullable);
    CHECK_FALSE(found->has_default);
    CHECK_FALSE(found->generated);
    CHECK(found->identity == Identity::none);
  }
  auto stream = db.open_stream("t_stg", {"src_row", "id", "a", "b", "d"});
  stream.write({{1, nullptr, Decimal::parse("-1.0000000000"), nullptr, nullptr}});
  CHECK(stream.finish() == 1);
}

CONFORMANCE_TEST("a staging table of a table with every type is made") {
  std::string columns;
  for (const TypeKind kind : {TypeKind::boolean, TypeKind::smallint, TypeKind::integer, TypeKind::bigint, TypeKind::real, TypeKind::double_precision, TypeKind::decimal,
                              TypeKind::varchar, TypeKind::text, TypeKind::binary, TypeKind::date, TypeKind::time, TypeKind::timestamp, TypeKind::timestamp_tz,
                              TypeKind::uuid, TypeKind::json}) {
    columns += (columns.empty() ? "" : ", ") + ("c" + std::to_string(static_cast<int>(kind))) + " " + db.type(kind);
  }
  db.run({"CREATE TABLE t (" + columns + ")"});
  const TableInfo target = db.describe("t");
  StagingTable staging;
  staging.name = {target.name.schema, db.name("t_stg")};
  staging.columns = target.columns;
  staging.src_row = db.name("src_row");
  db.run(db.dialect().create_staging(staging));
  const TableInfo made = db->describe(staging.name);
  for (const ColumnInfo& column : target.columns) CHECK(made.find(column.name)->type == column.type);
}

CONFORMANCE_TEST("a permanent staging table has columns of its own and numbers its rows") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, a integer)"});
  const StagingTable staging = permanent_staging(db, db.describe("t"), {"id", "a"}, {"id"});
  db.run(db.dialect().create_staging(staging));
  const TableInfo made = db->describe(staging.name);
  for (const std::string& name : {staging.own_names.stg_id, staging.own_names.run_id, staging.own_names.worker_id, staging.own_names.src_row, staging.own_names.insert_ts}) {
    INFO(name);
    CHECK(made.find(name));
  }
  REQUIRE(made.primary_key());
  CHECK(made.primary_key()->columns == std::vector<std::string>{staging.own_names.stg_id});
  write_run(db, staging, "run 1", {{1, 1}, {2, 2}});
  const auto rows = db->query("SELECT " + db.dialect().quote_list({staging.own_names.stg_id, staging.own_names.insert_ts}) + " FROM shared_stg");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0][0] != rows[1][0]);
  CHECK(rows[0][1].as<Timestamp>().micros > 1'600'000'000'000'000);
}

CONFORMANCE_TEST("runs in one permanent staging table do not see each other") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY, a integer)"});
  const TableInfo target = db.describe("t");
  const StagingTable staging = permanent_staging(db, target, {"id", "a"}, {"id"});
  db.run(db.dialect().create_staging(staging));
  write_run(db, staging, "it's 1", {{1, 1}, {2, 2}, {1, 11}});
  write_run(db, staging, "run 2", {{1, 100}, {3, 3}});
  PublishSpec spec;
  spec.target = target;
  spec.columns = db.names({"id", "a"});
  spec.key = db.names({"id"});
  const auto filtered = [&](std::string_view run) {
    return StagedRows{staging.name, db.dialect().quote(staging.own_names.run_id) + " = " + db.dialect().string_literal(run), staging.own_names.src_row};
  };
  spec.staged = filtered("it's 1");
  CHECK(foretold(db, spec) == Changes{2, 0, 0});
  CHECK(merge(db, spec) == Changes{2, 0, 0});
  CHECK(rows_of(db, "t") == Rows{{1, 11}, {2, 2}});
  spec.staged = filtered("run 2");
  CHECK(foretold(db, spec) == Changes{1, 1, 0});
  CHECK(merge(db, spec) == Changes{1, 1, 0});
  CHECK(rows_of(db, "t") == Rows{{1, 100}, {2, 2}, {3, 3}});
  CHECK(publish(db, spec, db.dialect().replace(spec, ReloadKind::delete_rows, false)).inserted == 2);
  CHECK(rows_of(db, "t") == Rows{{1, 100}, {3, 3}});
  spec.staged = filtered("run 3");
  CHECK(merge(db, spec) == Changes{});
  CHECK(publish(db, spec, db.dialect().insert(spec)) == Changes{});
}

CONFORMANCE_TEST("the locks and rights of the dialect run") {
  db.run({"CREATE TABLE t (id integer PRIMARY KEY)"});
  const auto other = db.connect();
  Transaction transaction(db.connection());
  if (const std::string lock = db.dialect().advisory_lock("it's a purpose"); !lock.empty()) db->execute(lock);
  db.run(db.dialect().lock_for_publish(db.describe("t")));
  CHECK(db.sees_only(*other, "t", 0));  // readers go on, or wait
  other->prepare_for_load(LoadSession{std::chrono::milliseconds(50)});
  CHECK(error_of([&] { other->execute("INSERT INTO t VALUES (1)"); }).code == ErrorCode::lock_timeout);  // writers wait
  transaction.commit();
  CHECK(other->execute("INSERT INTO t VALUES (1)") == 1);
}
