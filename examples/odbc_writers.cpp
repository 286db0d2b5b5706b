// Per-thread ODBC writers from a bounded queue into a staging table, then one MERGE: the pipeline of many batch programs, by its parts.
//
//   odbc_writers 'odbc:Driver=...;Server=...;...'     any odbc: URL; other URLs work as well
//
// The idea: a producer fills columnar batches and pushes them; push() waits while the queue is full. Each writer has a connection of its own and commits its
// batches into a permanent staging table, marked with the run, the writer and the row's number. When all are done, one connection checks the count and
// merges: of rows with the same key the last one wins, and rows that do not change are left alone. `millrace load` does all this and more (a ledger that
// makes an interrupted run resumable, rejects, reconciliation); this is for programs that need the parts.

#include <chrono>
#include <iostream>
#include <string>

#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"
#include "millrace/load/merge.hpp"
#include "millrace/load/writer_group.hpp"
#include "schema.hpp"

namespace {

using namespace millrace;

constexpr int kWriters = 4;
constexpr int kRows = 40'000;
constexpr int kKeys = 30'000;   // some keys come twice
constexpr std::size_t kBatchRows = 5'000;

const std::vector<std::string> kColumns = {"acct_id", "prod_cd", "tran_amt", "tran_dt"};

/// The staging table of the target: the loaded columns behind RUN_ID, WORKER_ID and SRC_ROW.
StagingTable staging_of(const TableInfo& target, const Dialect& dialect) {
  StagingTable staging;
  staging.name = {target.name.schema, dialect.limited_name(target.name.name, dialect.fold("_STG"))};
  for (const std::string& name : kColumns) staging.columns.push_back(*target.find(name));
  staging.key = {"acct_id", "prod_cd"};
  staging.permanent = true;
  staging.own_names = {dialect.fold("STG_ID"), dialect.fold("RUN_ID"), dialect.fold("WORKER_ID"), dialect.fold("SRC_ROW"), dialect.fold("INSERT_TS")};
  staging.src_row = staging.own_names.src_row;
  return staging;
}

/// A writer: its connection, and batches that become rows of the staging table, each batch one transaction.
class StagingWriter final : public UnitSink {
 public:
  StagingWriter(std::unique_ptr<Connection> connection, const StagingTable& staging, std::string run_id, int worker)
      : connection_(std::move(connection)), table_(staging.name), run_id_(std::move(run_id)), worker_(worker) {
    columns_ = staging.columns;
    columns_.push_back({staging.own_names.run_id, SqlType::varchar(50)});
    columns_.push_back({staging.own_names.worker_id, SqlType::of(TypeKind::integer)});
    columns_.push_back({staging.own_names.src_row, SqlType::of(TypeKind::bigint)});
    std::vector<SqlType> types;
    for (const ColumnInfo& column : columns_) types.push_back(column.type);
    rows_ = RecordBatch(types);
  }

  UnitOutcome write(const Unit& unit) override {
    const RecordBatch& batch = *unit.batch;
    const std::size_t loaded = batch.column_count();
    rows_.clear();
    for (std::size_t c = 0; c < loaded; ++c) rows_.column(c).append_range(batch.column(c), 0, batch.rows());
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      rows_.column(loaded).append_bytes(run_id_);
      rows_.column(loaded + 1).append_fixed(static_cast<std::int32_t>(worker_));
      rows_.column(loaded + 2).append_fixed(unit.first_src_row + static_cast<std::int64_t>(row));
    }
    std::int64_t runs = 0;
    // A transient error rolled the whole batch back: it is sent again.
    retry({}, [&] {
      ++runs;
      Transaction transaction(*connection_);
      const auto writer = connection_->open_writer(table_, columns_);
      writer->write(rows_);
      writer->finish();
      transaction.commit();
    });
    return {static_cast<std::int64_t>(batch.rows()), 0, runs - 1};
  }
  void interrupt() noexcept override { connection_->cancel(); }

 private:
  std::unique_ptr<Connection> connection_;
  TableName table_;
  std::string run_id_;
  int worker_;
  std::vector<ColumnInfo> columns_;
  RecordBatch rows_;
};

void produce(WriterGroup& group) {
  BatchBuilder rows({{"acct_id", SqlType::varchar(20)}, {"prod_cd", SqlType::varchar(10)}, {"tran_amt", SqlType::decimal(15, 2)}, {"tran_dt", SqlType::of(TypeKind::date)}});
  for (int i = 0; i < kRows; ++i) {
    rows.append_row({"OW" + std::to_string(i % kKeys), "P1", Decimal{int128{i} * 25, 2}, Date{make_date(2024, 1, 1).days + i % 366}});
    if (rows.rows() == kBatchRows) group.push(rows.take());
  }
  if (rows.rows() > 0) group.push(rows.take());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: odbc_writers URL\n", 64;
  try {
    const DriverRegistry drivers = default_drivers();
    const ConnectionConfig config = ConnectionConfig::from_url(argv[1]);
    const auto connection = drivers.connect(config);
    const Dialect& dialect = connection->dialect();
    examples::make_table(*connection, "transactions");
    const TableInfo target = connection->describe(dialect.parse_table("transactions"));
    const StagingTable staging = staging_of(target, dialect);
    if (!connection->table_exists(staging.name)) {
      for (const std::string& sql : dialect.create_staging(staging)) connection->execute(sql);
    }
    const std::string run_id = "example-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());

    WriterGroup group(kWriters, 2 * kWriters, [&](int worker) { return std::make_unique<StagingWriter>(drivers.connect(config), staging, run_id, worker); });
    produce(group);
    group.close();  // returns when everything is committed
    for (const WriterStats& writer : group.results()) std::cout << "writer " << writer.worker << ": " << writer.units << " batches, " << writer.rows << " rows\n";

    const StagedRows staged{staging.name, dialect.quote(staging.own_names.run_id) + " = " + dialect.string_literal(run_id), staging.src_row};
    const PublishPlan plan = make_merge_strategy()->plan({target, staged, kColumns, staging.key, {}, true}, dialect);
    const auto count = [&](const std::string& what) { return connection->query_value("SELECT count(*) FROM " + what).as<std::int64_t>(); };
    Transaction transaction(*connection);
    for (const std::string& lock : plan.locks) connection->execute(lock);
    const std::int64_t arrived = count(dialect.quote(staging.name) + " WHERE " + staged.filter);
    if (arrived != kRows) throw DataError(std::to_string(arrived) + " of " + std::to_string(kRows) + " rows are staged: nothing is merged");
    for (const PublishStatement& statement : plan.statements) connection->execute(statement.sql);
    connection->execute("DELETE FROM " + dialect.quote(staging.name) + " WHERE " + staged.filter);
    const std::int64_t merged = count(dialect.quote(target.name) + " WHERE acct_id LIKE 'OW%'");
    transaction.commit();
    std::cout << arrived << " rows staged, " << merged << " keys merged\n";
    return merged == kKeys ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << "odbc_writers: " << error.what() << '\n';
    return 1;
  }
}
