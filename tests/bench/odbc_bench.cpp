// What rows cost on their way through an ODBC driver: SOCI's use(vector), one row per round trip, and the array writer. With a second URL also the
// PostgreSQL backend's COPY into the same server. One run, the contenders in turn in every round; medians, and the median of each round's ratio.
//
//     tests/bench/odbc_rows.sh [ROUNDS [ROWS]]        # builds it, starts a private server
//     odbc_bench ODBC_URL POSTGRESQL_URL|- [ROUNDS [ROWS]]
//     odbc_bench --memory ODBC_URL [BATCHES]          # batches of 5,000 rows in one transaction, with the resident memory every tenth of the way

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

#include <soci/odbc/soci-odbc.h>
#include <soci/soci.h>

#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 5000;
constexpr const char* kColumns = "id, account, name, amount, day, stamp, note, score";

/// The row of a number: eight columns, about 228 bytes.
struct Line {
  explicit Line(std::int64_t number) : id(static_cast<int>(number)), account(number * 7919 + 1'000'000'000), score(static_cast<double>(number) / 7) {
    char text[256];
    name.assign(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "customer \"%lld\", of the northern branch", static_cast<long long>(number))));
    amount.assign(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%lld.%02lld", static_cast<long long>(number % 1'000'000), static_cast<long long>(number % 100))));
    day.assign(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "2024-%02lld-%02lld", 1 + static_cast<long long>(number % 12), 1 + static_cast<long long>(number % 28))));
    stamp = day + " 12:34:56.789012";
    note.assign(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%-120lld", static_cast<long long>(number))));
  }
  int id;
  std::int64_t account;
  std::string name, amount, day, stamp, note;
  double score;
};

std::vector<RecordBatch> make_batches(const std::vector<ColumnInfo>& columns, std::size_t rows) {
  std::vector<BatchColumn> described;
  for (const ColumnInfo& column : columns) described.push_back({column.name, column.type});
  BatchBuilder builder(described);
  std::vector<RecordBatch> batches;
  for (std::size_t i = 0; i < rows; ++i) {
    const Line line(static_cast<std::int64_t>(i));
    builder.append_row(std::vector<Value>{line.id, line.account, line.name, Decimal::parse(line.amount), Value(line.day).as<Date>(), Value(line.stamp).as<Timestamp>(), line.note, line.score});
    if ((i + 1) % kBatch == 0 || i + 1 == rows) batches.push_back(builder.take());
  }
  return batches;
}

void create_table(Connection& connection) {
  const Dialect& dialect = connection.dialect();
  const auto type = [&](const SqlType& t) { return dialect.type_name(t); };
  connection.execute(dialect.drop_table(dialect.parse_table("bench_rows")));
  connection.execute("CREATE TABLE bench_rows (id " + type(SqlType::of(TypeKind::integer)) + " PRIMARY KEY, account " + type(SqlType::of(TypeKind::bigint)) + ", name " +
                     type(SqlType::varchar(60)) + ", amount " + type(SqlType::decimal(15, 2)) + ", day " + type(SqlType::of(TypeKind::date)) + ", stamp " +
                     type(SqlType::of(TypeKind::timestamp)) + ", note " + type(SqlType::varchar(200)) + ", score " + type(SqlType::of(TypeKind::double_precision)) + ")");
}

/// Seconds that a contender takes for all rows in one transaction, which the table has then.
double timed(Connection& connection, std::size_t rows, const std::function<void()>& load) {
  connection.execute("DELETE FROM bench_rows");
  const auto began = Clock::now();
  load();
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  const auto stored = connection.query_value("SELECT COUNT(*) FROM bench_rows").as<std::size_t>();
  if (stored != rows) {
    std::fprintf(stderr, "odbc_bench: %zu rows of %zu arrived\n", stored, rows);
    std::exit(1);
  }
  return took;
}

void write_stream(Connection& connection, const TableInfo& table, const std::vector<RecordBatch>& batches, const WriterOptions& options = {}) {
  Transaction transaction(connection);
  const auto writer = connection.open_writer(table.name, table.columns, options);
  for (const RecordBatch& batch : batches) writer->write(batch);
  writer->finish();
  transaction.commit();
}

void write_statements(Connection& connection, std::size_t rows) {
  Transaction transaction(connection);
  for (std::size_t i = 0; i < rows; ++i) {
    const Line line(static_cast<std::int64_t>(i));
    connection.execute(std::string("INSERT INTO bench_rows (") + kColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       {line.id, line.account, line.name, Decimal::parse(line.amount), line.day, line.stamp, line.note, line.score});
  }
  transaction.commit();
}

void write_by_soci(soci::session& session, std::size_t rows) {
  std::vector<int> id;
  std::vector<long long> account;
  std::vector<std::string> name, amount, day, stamp, note;
  std::vector<double> score;
  soci::transaction transaction(session);
  for (std::size_t i = 0; i < rows;) {
    id.clear(), account.clear(), name.clear(), amount.clear(), day.clear(), stamp.clear(), note.clear(), score.clear();
    for (; i < rows && id.size() < kBatch; ++i) {
      const Line line(static_cast<std::int64_t>(i));
      id.push_back(line.id), account.push_back(line.account), name.push_back(line.name), amount.push_back(line.amount), day.push_back(line.day), stamp.push_back(line.stamp);
      note.push_back(line.note), score.push_back(line.score);
    }
    // A new statement for each batch: one that is run again leaks its buffers.
    soci::statement insert = (session.prepare << std::string("INSERT INTO bench_rows (") + kColumns + ") VALUES (:a, :b, :c, :d, :e, :f, :g, :h)", soci::use(id), soci::use(account),
                              soci::use(name), soci::use(amount), soci::use(day), soci::use(stamp), soci::use(note), soci::use(score));
    insert.execute(true);
  }
  transaction.commit();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

long resident_kib() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int measure_memory(const DriverRegistry& drivers, const std::string& url, int batches) {
  const auto connection = drivers.connect(ConnectionConfig::from_url(url));
  create_table(*connection);
  const TableInfo table = connection->describe(connection->dialect().parse_table("bench_rows"));
  const std::vector<RecordBatch> made = make_batches(table.columns, kBatch);
  long first = 0, most = 0;
  for (int i = 0; i < batches; ++i) {
    // Each batch is a unit of its own, as in a load, and is emptied again: memory is what is measured, not the disk.
    write_stream(*connection, table, made);
    connection->execute("DELETE FROM bench_rows");
    const long now = resident_kib();
    if (i == std::min(batches - 1, 10)) first = now;
    most = std::max(most, now);
    if ((i + 1) % std::max(1, batches / 10) == 0) std::printf("batch %6d: %ld KiB resident\n", i + 1, now), std::fflush(stdout);
  }
  std::printf("%d batches of %zu rows: %ld KiB after the tenth, at most %ld KiB\n", batches, kBatch, first, most);
  return most <= first + first / 10 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: odbc_bench ODBC_URL POSTGRESQL_URL|- [ROUNDS [ROWS]] | --memory ODBC_URL [BATCHES]\n"), 64;
  const DriverRegistry drivers = default_drivers();
  if (std::strcmp(argv[1], "--memory") == 0) return measure_memory(drivers, argv[2], argc > 3 ? std::atoi(argv[3]) : 10'000);

  const std::string url = argv[1], copy_url = argv[2];
  const int rounds = argc > 3 ? std::max(1, std::atoi(argv[3])) : 5;
  const std::size_t rows = argc > 4 ? static_cast<std::size_t>(std::atoll(argv[4])) : 50'000;
  const auto connection = drivers.connect(ConnectionConfig::from_url(url));
  const auto copying = copy_url == "-" ? nullptr : drivers.connect(ConnectionConfig::from_url(copy_url));
  create_table(*connection);
  const TableInfo table = connection->describe(connection->dialect().parse_table("bench_rows"));
  const std::vector<RecordBatch> batches = make_batches(table.columns, rows);
  soci::session soci_session(soci::odbc, url.substr(url.find(':') + 1));

  struct Contender { const char* name; std::function<void()> load; std::vector<double> seconds, ratios; };
  std::vector<Contender> contenders = {
      {"array writer", [&] { write_stream(*connection, table, batches); }, {}, {}},
      {"SOCI use(vector), 5,000 rows", [&] { write_by_soci(soci_session, rows); }, {}, {}},
      {"one row per round trip, prepared", [&] { write_stream(*connection, table, batches, {.max_rows = 1}); }, {}, {}},
      {"one row per round trip, execute()", [&] { write_statements(*connection, rows); }, {}, {}},
  };
  if (copying) contenders.push_back({"postgresql backend (COPY)", [&] { write_stream(*copying, table, batches); }, {}, {}});
  for (int round = 0; round < rounds; ++round) {
    for (Contender& contender : contenders) contender.seconds.push_back(timed(*connection, rows, contender.load));
    for (Contender& contender : contenders) contender.ratios.push_back(contender.seconds.back() / contenders.front().seconds.back());
  }
  std::printf("%-36s %12s %14s\n", "", "rows/s", "array writer =");
  for (const Contender& contender : contenders) {
    std::printf("%-36s %12.0f %13.2fx\n", contender.name, static_cast<double>(rows) / median(contender.seconds), median(contender.ratios));
  }
}
