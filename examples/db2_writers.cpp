// A Db2 loader by its parts: writers with a connection each, a bounded queue, a staging table, one MERGE, and sums that must agree before anything is kept.
//
//   db2_writers db2://loader@dbhost:50000/WAREHOUSE      a Db2, or a server that speaks its protocol
//
// The idea: what is merged is proven first. The producer counts the rows it hands over and adds their amounts; each writer commits its batches into staging, marked
// with RUN_ID and WORKER_ID; then one transaction compares count and sum of the run's rows in staging with the producer's, merges, compares the target with what
// the producer knows of the newest rows, and commits only if all are equal. `millrace load` does the same for files, and makes an interrupted run resumable.

#include <chrono>
#include <iostream>
#include <string>
#include <tuple>

#include "millrace/access/query.hpp"
#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"
#include "millrace/load/merge.hpp"
#include "millrace/load/writer_group.hpp"

namespace {

using namespace millrace;

constexpr int kWriters = 4;
constexpr int kRows = 40'000;
constexpr int kKeys = 30'000;   // some keys come twice
constexpr std::size_t kBatchRows = 5'000;

// As Db2 has them, which folds names to upper case.
const std::vector<std::string> kColumns = {"ACCT_ID", "PROD_CD", "TRAN_AMT", "TRAN_DT"};

/// The staging table of the target: the loaded columns behind RUN_ID, WORKER_ID and SRC_ROW.
StagingTable staging_of(const TableInfo& target, const Dialect& dialect) {
  StagingTable staging;
  staging.name = {target.name.schema, dialect.limited_name(target.name.name, dialect.fold("_STG"))};
  for (const std::string& name : kColumns) staging.columns.push_back(*target.find(name));
  staging.key = {"ACCT_ID", "PROD_CD"};
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

/// What must be in staging, and in the target, whose rows are the last of each key.
struct Expected {
  std::int64_t rows = 0, keys = 0;
  Decimal staged{0, 2}, merged{0, 2};
};

Expected produce(WriterGroup& group) {
  Expected expected;
  BatchBuilder rows({{kColumns[0], SqlType::varchar(20)}, {kColumns[1], SqlType::varchar(10)}, {kColumns[2], SqlType::decimal(15, 2)}, {kColumns[3], SqlType::of(TypeKind::date)}});
  for (int i = 0; i < kRows; ++i) {
    const int128 cents = int128{i} * 25;
    rows.append_row({"DB" + std::to_string(i % kKeys), "P1", Decimal{cents, 2}, Date{make_date(2024, 1, 1).days + i % 366}});
    ++expected.rows;
    expected.staged.unscaled += cents;
    if (i + kKeys >= kRows) ++expected.keys, expected.merged.unscaled += cents;
    if (rows.rows() == kBatchRows) group.push(rows.take());
  }
  if (rows.rows() > 0) group.push(rows.take());
  return expected;
}

void create_target(Connection& connection, const TableName& table) {
  if (connection.table_exists(table)) return;
  connection.execute("CREATE TABLE " + connection.dialect().quote(table) +
                     " (acct_id VARCHAR(20) NOT NULL, prod_cd VARCHAR(10) NOT NULL, tran_amt DECIMAL(15, 2), tran_dt DATE, PRIMARY KEY (acct_id, prod_cd))");
}

/// Counts rows and adds their amounts, exactly. @throws DataError  they are not what they must be
void reconcile(Connection& connection, const std::string& rows, const std::string& what, std::int64_t count, const Decimal& amount) {
  const auto found = query_one<std::tuple<std::int64_t, Decimal>>(connection, "SELECT COUNT(*), SUM(tran_amt) FROM " + rows);
  std::cout << what << ": " << std::get<0>(found) << " rows, " << to_string(std::get<1>(found)) << '\n';
  if (std::get<0>(found) != count || std::get<1>(found) != amount) throw DataError(what + " should hold " + std::to_string(count) + " rows and " + to_string(amount) + ": nothing is merged");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: db2_writers URL\n", 64;
  try {
    const DriverRegistry drivers = default_drivers();
    const ConnectionConfig config = ConnectionConfig::from_url(argv[1]);
    const auto connection = drivers.connect(config);
    const Dialect& dialect = connection->dialect();
    const TableName table = dialect.parse_table("transactions_by_db2_writers");
    create_target(*connection, table);
    const TableInfo target = connection->describe(table);
    const StagingTable staging = staging_of(target, dialect);
    if (!connection->table_exists(staging.name)) {
      for (const std::string& sql : dialect.create_staging(staging)) connection->execute(sql);
    }
    const std::string run_id = "example-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());

    WriterGroup group(kWriters, 2 * kWriters, [&](int worker) { return std::make_unique<StagingWriter>(drivers.connect(config), staging, run_id, worker); });
    const Expected expected = produce(group);
    group.close();  // returns when everything is committed
    for (const WriterStats& writer : group.results()) std::cout << "writer " << writer.worker << ": " << writer.units << " batches, " << writer.rows << " rows\n";

    const StagedRows staged{staging.name, dialect.quote(staging.own_names.run_id) + " = " + dialect.string_literal(run_id), staging.src_row};
    const PublishPlan plan = make_merge_strategy()->plan({target, staged, kColumns, staging.key, {}, true}, dialect);
    const std::string run = dialect.quote(staging.name) + " WHERE " + staged.filter;
    Transaction transaction(*connection);
    for (const std::string& lock : plan.locks) connection->execute(lock);
    reconcile(*connection, run, "staging", expected.rows, expected.staged);
    for (const PublishStatement& statement : plan.statements) connection->execute(statement.sql);
    reconcile(*connection, dialect.quote(target.name) + " WHERE acct_id LIKE 'DB%'", "target", expected.keys, expected.merged);
    connection->execute("DELETE FROM " + run);
    transaction.commit();
    std::cout << "merged run " << run_id << '\n';
    return 0;
  } catch (const Error& error) {
    std::cerr << "db2_writers: " << error.what() << '\n';
    return 1;
  }
}
