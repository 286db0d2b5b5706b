#include "millrace/load/ledger.hpp"

#include <algorithm>

#include "millrace/access/log.hpp"

namespace millrace {
namespace {

struct StateColumn { const char* name; TypeKind kind; int length; bool nullable; };
struct StateTableDefinition { const TableName& name; std::vector<StateColumn> columns; std::vector<const char*> key; };

constexpr auto kText = TypeKind::text;
constexpr auto kBigint = TypeKind::bigint;
constexpr auto kVarchar = TypeKind::varchar;

/// The one definition of our own tables.
std::vector<StateTableDefinition> definitions(const StateTables& tables) {
  return {
      {tables.meta, {{"name", kVarchar, 50, false}, {"value", kVarchar, 200, false}}, {"name"}},
      {tables.run,
       {{"run_id", kVarchar, 50, false}, {"state", kVarchar, 12, false}, {"mode", kVarchar, 10, false}, {"source", kText, 0, false},
        {"target", kText, 0, false}, {"plan", kText, 0, false}, {"rows_read", kBigint, 0, false}, {"rows_accepted", kBigint, 0, false},
        {"rows_rejected", kBigint, 0, false}, {"rows_staged", kBigint, 0, false}, {"rows_duplicate", kBigint, 0, false},
        {"rows_inserted", kBigint, 0, false}, {"rows_updated", kBigint, 0, false}, {"rows_unchanged", kBigint, 0, false},
        {"rows_deleted", kBigint, 0, false}, {"error", kText, 0, true}, {"report", kText, 0, true},
        {"started_at", TypeKind::timestamp, 0, false}, {"updated_at", TypeKind::timestamp, 0, false}},
       {"run_id"}},
      {tables.ledger,
       {{"run_id", kVarchar, 50, false}, {"first_src_row", kBigint, 0, false}, {"last_src_row", kBigint, 0, false}, {"first_line", kBigint, 0, false},
        {"byte_offset", kBigint, 0, false}, {"byte_length", kBigint, 0, false}, {"rows_accepted", kBigint, 0, false}, {"rows_rejected", kBigint, 0, false},
        {"worker_id", TypeKind::integer, 0, false}, {"hash", kVarchar, 32, false}, {"control_sums", kText, 0, true}, {"committed_at", TypeKind::timestamp, 0, false}},
       {"run_id", "first_src_row"}},
      {tables.reconciliation,
       {{"run_id", kVarchar, 50, false}, {"attempt", TypeKind::integer, 0, false}, {"check_no", TypeKind::integer, 0, false}, {"name", kText, 0, false},
        {"expected", kText, 0, false}, {"actual", kText, 0, false}, {"checked_at", TypeKind::timestamp, 0, false}},
       {"run_id", "attempt", "check_no"}},
  };
}

std::string create_statement(const StateTableDefinition& table, const Dialect& dialect) {
  std::string sql = "CREATE TABLE " + dialect.quote(table.name) + " (";
  for (const StateColumn& column : table.columns) {
    sql += dialect.quote(dialect.fold(column.name)) + " " + dialect.type_name(SqlType{column.kind, column.length, 0, 0, {}}) + (column.nullable ? "" : " NOT NULL") + ", ";
  }
  std::vector<std::string> key;
  for (const char* name : table.key) key.push_back(dialect.fold(name));
  return sql + "PRIMARY KEY (" + dialect.quote_list(key) + "))";
}

std::string insert_version(const StateTables& tables, const Dialect& dialect) {
  return "INSERT INTO " + dialect.quote(tables.meta) + " (" + dialect.quote_list({dialect.fold("name"), dialect.fold("value")}) + ") VALUES ('layout_version', '" + std::to_string(kStateLayoutVersion) + "')";
}

/// True when all is there and of our version.
bool state_is_ready(Connection& connection, const StateTables& tables) {
  if (!connection.table_exists(tables.meta)) return false;
  const Dialect& dialect = connection.dialect();
  const Value version = connection.query_value("SELECT " + dialect.quote(dialect.fold("value")) + " FROM " + dialect.quote(tables.meta) + " WHERE " + dialect.quote(dialect.fold("name")) + " = 'layout_version'");
  if (version.is_null()) return false;
  if (version.as<std::int64_t>() > kStateLayoutVersion) {
    throw ConfigError("table " + to_string(tables.meta) + " was made by a newer Millrace (layout " + version.as<std::string>() + ", this one knows " + std::to_string(kStateLayoutVersion) + "); use that version");
  }
  return connection.table_exists(tables.run) && connection.table_exists(tables.ledger) && connection.table_exists(tables.reconciliation);
}

[[noreturn]] void explain_missing_rights(const Error& error, const Dialect& dialect, const StateTables& tables) {
  ErrorInfo info = error.info();
  info.message = "cannot create Millrace's own tables in schema " + (tables.run.schema.empty() ? std::string("of this session") : "\"" + tables.run.schema + "\"") + ": " + error.what() +
                 "; choose another schema with --state-schema, or have a DBA run what follows (also printed by `millrace ddl --state`):";
  for (const std::string& sql : state_ddl(dialect, tables.run.schema)) info.message += "\n  " + sql + ";";
  for (const std::string& sql : state_grants(dialect, tables.run.schema, "LOADING_ROLE")) info.message += "\n  " + sql + ";";
  throw_error(std::move(info));
}

std::string columns_sql(const Dialect& dialect, std::initializer_list<const char*> names) {
  std::vector<std::string> folded;
  for (const char* name : names) folded.push_back(dialect.fold(name));
  return dialect.quote_list(folded);
}

}  // namespace

StateTables StateTables::in(const Dialect& dialect, std::string_view schema) {
  const auto name = [&](const char* table) { return TableName{std::string(schema), dialect.fold(table)}; };
  return {name("millrace_run"), name("millrace_ledger"), name("millrace_reconciliation"), name("millrace_meta")};
}

std::vector<std::string> state_ddl(const Dialect& dialect, std::string_view state_schema) {
  const StateTables tables = StateTables::in(dialect, state_schema);
  std::vector<std::string> statements;
  for (const auto& table : definitions(tables)) statements.push_back(create_statement(table, dialect));
  statements.push_back(insert_version(tables, dialect));
  return statements;
}

std::vector<std::string> state_grants(const Dialect& dialect, std::string_view state_schema, std::string_view grantee) {
  std::vector<std::string> statements;
  if (grantee.empty()) return statements;
  const StateTables tables = StateTables::in(dialect, state_schema);
  for (const auto& table : definitions(tables)) {
    for (std::string& sql : dialect.grant_use(table.name, grantee)) statements.push_back(std::move(sql));
  }
  return statements;
}

void ensure_state_tables(Connection& connection, const StateTables& tables) {
  if (state_is_ready(connection, tables)) return;
  const Dialect& dialect = connection.dialect();
  try {
    Transaction transaction(connection);
    const std::string lock = dialect.advisory_lock("millrace state tables");
    if (!lock.empty()) connection.query(lock);
    for (const auto& table : definitions(tables)) {
      if (!connection.table_exists(table.name)) connection.execute(create_statement(table, dialect));
    }
    if (connection.query("SELECT 1 FROM " + dialect.quote(tables.meta)).empty()) connection.execute(insert_version(tables, dialect));
    transaction.commit();
    log(LogLevel::info, "state.created", "created Millrace's own tables", {{"schema", tables.run.schema}});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::permission) explain_missing_rights(error, dialect, tables);
    // Somebody else made them in the meantime, where no advisory lock kept us apart.
    if (error.code() == ErrorCode::duplicate_object && connection.usable() && state_is_ready(connection, tables)) return;
    throw;
  }
  if (!state_is_ready(connection, tables)) throw Error(ErrorCode::internal, "Millrace's own tables are not complete after their creation");
}

void require_state_tables(Connection& connection, const StateTables& tables) {
  if (state_is_ready(connection, tables)) return;
  throw ConfigError("there are no Millrace tables (" + to_string(tables.run) + ") in this database; no load has run here yet, or they live in another schema: name it with --state-schema");
}

// ---- runs

void RunRepository::insert(const RunRecord& run) {
  const Dialect& dialect = connection_.dialect();
  connection_.execute("INSERT INTO " + dialect.quote(tables_.run) + " (" +
                          columns_sql(dialect, {"run_id", "state", "mode", "source", "target", "plan", "rows_read", "rows_accepted", "rows_rejected", "rows_staged", "rows_duplicate",
                                                "rows_inserted", "rows_updated", "rows_unchanged", "rows_deleted", "started_at", "updated_at"}) +
                          ") VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, " + dialect.now_expression() + ", " + dialect.now_expression() + ")",
                      {run.summary.run_id, to_string(run.summary.state), run.summary.mode, run.summary.source, run.summary.target, run.plan});
}

namespace {

std::string select_runs(const Dialect& dialect, const StateTables& tables, bool whole) {
  std::string sql = "SELECT " + columns_sql(dialect, {"run_id", "state", "mode", "source", "target", "started_at", "updated_at", "rows_read", "rows_accepted", "rows_rejected",
                                                      "rows_staged", "rows_duplicate", "rows_inserted", "rows_updated", "rows_unchanged", "rows_deleted", "error"});
  if (whole) sql += ", " + columns_sql(dialect, {"plan", "report"});
  return sql + " FROM " + dialect.quote(tables.run);
}

std::string text_or_empty(const Value& value) { return value.is_null() ? std::string() : value.as<std::string>(); }

RunSummary summary_of(const Row& row) {
  RunSummary run;
  run.run_id = row[0].as<std::string>();
  run.state = parse_run_state(row[1].as<std::string>());
  run.mode = row[2].as<std::string>();
  run.source = row[3].as<std::string>();
  run.target = row[4].as<std::string>();
  run.started_at = row[5].to_text();
  run.updated_at = row[6].to_text();
  std::int64_t* const counts[] = {&run.counts.read, &run.counts.accepted, &run.counts.rejected, &run.counts.staged, &run.counts.duplicates,
                                  &run.counts.inserted, &run.counts.updated, &run.counts.unchanged, &run.counts.deleted};
  for (int i = 0; i < 9; ++i) *counts[i] = row[7 + i].as<std::int64_t>();
  run.error = text_or_empty(row[16]);
  return run;
}

}  // namespace

std::optional<RunRecord> RunRepository::find(std::string_view run_id) {
  const Dialect& dialect = connection_.dialect();
  const ResultSet found = connection_.query(select_runs(dialect, tables_, true) + " WHERE " + dialect.quote(dialect.fold("run_id")) + " = ?", {run_id});
  if (found.empty()) return std::nullopt;
  return RunRecord{summary_of(found[0]), found[0][17].as<std::string>(), text_or_empty(found[0][18])};
}

std::vector<RunSummary> RunRepository::list() {
  const Dialect& dialect = connection_.dialect();
  std::vector<RunSummary> runs;
  for (const Row row : connection_.query(select_runs(dialect, tables_, false) + " ORDER BY " + columns_sql(dialect, {"started_at", "run_id"}))) runs.push_back(summary_of(row));
  return runs;
}

bool RunRepository::transition(std::string_view run_id, const std::vector<RunState>& from, RunState to) {
  const Dialect& dialect = connection_.dialect();
  std::string states;
  for (const RunState state : from) states += (states.empty() ? "'" : ", '") + std::string(to_string(state)) + "'";
  const std::string state = dialect.quote(dialect.fold("state"));
  return connection_.execute("UPDATE " + dialect.quote(tables_.run) + " SET " + state + " = ?, " + dialect.quote(dialect.fold("updated_at")) + " = " + dialect.now_expression() + " WHERE " +
                                 dialect.quote(dialect.fold("run_id")) + " = ? AND " + state + " IN (" + states + ")",
                             {to_string(to), run_id}) == 1;
}

void RunRepository::save_report(const RunReport& report) {
  const Dialect& dialect = connection_.dialect();
  const RunCounts& c = report.counts;
  const std::pair<const char*, std::int64_t> counts[] = {{"rows_read", c.read}, {"rows_accepted", c.accepted}, {"rows_rejected", c.rejected}, {"rows_staged", c.staged}, {"rows_duplicate", c.duplicates},
                                                         {"rows_inserted", c.inserted}, {"rows_updated", c.updated}, {"rows_unchanged", c.unchanged}, {"rows_deleted", c.deleted}};
  std::string sql = "UPDATE " + dialect.quote(tables_.run) + " SET ";
  std::vector<Value> values;
  for (const auto& [name, count] : counts) {
    sql += dialect.quote(dialect.fold(name)) + " = ?, ";
    values.emplace_back(count);
  }
  sql += dialect.quote(dialect.fold("error")) + " = ?, " + dialect.quote(dialect.fold("report")) + " = ?, " + dialect.quote(dialect.fold("updated_at")) + " = " + dialect.now_expression() +
         " WHERE " + dialect.quote(dialect.fold("run_id")) + " = ?";
  values.push_back(report.error.empty() ? Value() : Value(report.error));
  values.emplace_back(to_json(report));
  values.emplace_back(report.run_id);
  connection_.execute(sql, Params(std::move(values)));
}

// ---- ledger

void Ledger::claim(const Unit& unit, int worker) {
  const Dialect& dialect = connection_.dialect();
  connection_.execute("INSERT INTO " + dialect.quote(tables_.ledger) + " (" +
                          columns_sql(dialect, {"run_id", "first_src_row", "last_src_row", "first_line", "byte_offset", "byte_length", "rows_accepted", "rows_rejected", "worker_id", "hash", "committed_at"}) +
                          ") VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, " + dialect.now_expression() + ")",
                      {run_id_, unit.first_src_row, unit.last_src_row(), unit.first_line, unit.byte_offset, unit.byte_length, worker, unit.hash});
}

void Ledger::complete(const Unit& unit, std::int64_t accepted, std::int64_t rejected, const std::string& control_sums) {
  const Dialect& dialect = connection_.dialect();
  const auto q = [&](const char* name) { return dialect.quote(dialect.fold(name)); };
  const std::int64_t rows = connection_.execute("UPDATE " + dialect.quote(tables_.ledger) + " SET " + q("rows_accepted") + " = ?, " + q("rows_rejected") + " = ?, " + q("control_sums") + " = ? WHERE " +
                                                    q("run_id") + " = ? AND " + q("first_src_row") + " = ?",
                                                {accepted, rejected, control_sums, run_id_, unit.first_src_row});
  if (rows != 1) throw Error(ErrorCode::internal, "the ledger row of the unit at record " + std::to_string(unit.first_src_row) + " vanished from its own transaction");
}

std::vector<LedgerEntry> Ledger::read(std::string_view condition, const Params& params) {
  const Dialect& dialect = connection_.dialect();
  std::vector<LedgerEntry> entries;
  for (const Row row : connection_.query("SELECT " + columns_sql(dialect, {"first_src_row", "last_src_row", "byte_offset", "byte_length", "first_line", "rows_accepted", "rows_rejected", "worker_id", "hash", "control_sums", "committed_at"}) +
                                             " FROM " + dialect.quote(tables_.ledger) + " WHERE " + std::string(condition) + " ORDER BY " + columns_sql(dialect, {"first_src_row"}), params)) {
    LedgerEntry entry;
    std::int64_t* const numbers[] = {&entry.first_src_row, &entry.last_src_row, &entry.byte_offset, &entry.byte_length, &entry.first_line, &entry.accepted, &entry.rejected};
    for (int i = 0; i < 7; ++i) *numbers[i] = row[i].as<std::int64_t>();
    entry.worker = row[7].as<int>();
    entry.hash = row[8].as<std::string>();
    entry.control_sums = text_or_empty(row[9]);
    entry.committed_at = row[10].to_text();
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::optional<LedgerEntry> Ledger::find(std::int64_t first_src_row) {
  auto found = read(columns_sql(connection_.dialect(), {"run_id"}) + " = ? AND " + columns_sql(connection_.dialect(), {"first_src_row"}) + " = ?", {run_id_, first_src_row});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<LedgerEntry> Ledger::entries() { return read(columns_sql(connection_.dialect(), {"run_id"}) + " = ?", {run_id_}); }

void Ledger::remove(std::int64_t first_src_row) {
  const Dialect& dialect = connection_.dialect();
  connection_.execute("DELETE FROM " + dialect.quote(tables_.ledger) + " WHERE " + columns_sql(dialect, {"run_id"}) + " = ? AND " + columns_sql(dialect, {"first_src_row"}) + " = ?", {run_id_, first_src_row});
}

std::string Ledger::ranges_sql() const {
  const Dialect& dialect = connection_.dialect();
  return "SELECT " + columns_sql(dialect, {"first_src_row"}) + " FROM " + dialect.quote(tables_.ledger) + " WHERE " + columns_sql(dialect, {"run_id"}) + " = " + dialect.string_literal(run_id_);
}

}  // namespace millrace
