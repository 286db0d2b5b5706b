#pragma once
// What the benchmarks of the call-level interfaces share: rows of eight columns and about 228 bytes, the ways in which they are written, and what is printed.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

#include <soci/soci.h>

#include "millrace/backends.hpp"
#include "millrace/data/batch_builder.hpp"

namespace bench {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 5000;
constexpr const char* kTable = "bench_rows";
constexpr const char* kColumns = "id, account, name, amount, day, stamp, note, score";

/// The row of a number.
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

inline std::vector<RecordBatch> make_batches(const std::vector<ColumnInfo>& columns, std::size_t rows) {
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

/// A new table, in place of one of that name.
inline TableInfo make_table(Connection& connection, const std::string& name, const std::string& columns) {
  const TableName table = connection.dialect().parse_table(name);
  if (connection.table_exists(table)) connection.execute(connection.dialect().drop_table(table));
  connection.execute("CREATE TABLE " + name + " (" + columns + ")");
  return connection.describe(table);
}

/// The table of the lines.
inline TableInfo make_table(Connection& connection) {
  const auto type = [&](const SqlType& t) { return connection.dialect().type_name(t); };
  return make_table(connection, kTable,
                    "id " + type(SqlType::of(TypeKind::integer)) + " NOT NULL PRIMARY KEY, account " + type(SqlType::of(TypeKind::bigint)) + ", name " + type(SqlType::varchar(60)) +
                        ", amount " + type(SqlType::decimal(15, 2)) + ", day " + type(SqlType::of(TypeKind::date)) + ", stamp " + type(SqlType::of(TypeKind::timestamp)) + ", note " +
                        type(SqlType::varchar(200)) + ", score " + type(SqlType::of(TypeKind::double_precision)));
}

inline void write_stream(Connection& connection, const TableInfo& table, const std::vector<RecordBatch>& batches, const WriterOptions& options = {}) {
  Transaction transaction(connection);
  const auto writer = connection.open_writer(table.name, table.columns, options);
  for (const RecordBatch& batch : batches) writer->write(batch);
  writer->finish();
  transaction.commit();
}

inline void write_statements(Connection& connection, std::size_t rows) {
  Transaction transaction(connection);
  for (std::size_t i = 0; i < rows; ++i) {
    const Line line(static_cast<std::int64_t>(i));
    connection.execute(std::string("INSERT INTO ") + kTable + " (" + kColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       {line.id, line.account, line.name, Decimal::parse(line.amount), line.day, line.stamp, line.note, line.score});
  }
  transaction.commit();
}

inline void write_by_soci(soci::session& session, std::size_t rows) {
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
    soci::statement insert = (session.prepare << std::string("INSERT INTO ") + kTable + " (" + kColumns + ") VALUES (:a, :b, :c, :d, :e, :f, :g, :h)", soci::use(id), soci::use(account),
                              soci::use(name), soci::use(amount), soci::use(day), soci::use(stamp), soci::use(note), soci::use(score));
    insert.execute(true);
  }
  transaction.commit();
}

/// A way to write the rows, the first of which is the array writer.
struct Contender {
  std::string name;
  std::function<double()> seconds;   ///< runs a round
  std::vector<double> rounds = {}, ratios = {};
};

/// A contender that puts all rows into the empty table, in one transaction.
inline Contender into_table(std::string name, Connection& connection, std::size_t rows, std::function<void()> load) {
  return {std::move(name), [&connection, rows, load = std::move(load)] {
            connection.truncate(connection.dialect().parse_table(kTable));
            const auto began = Clock::now();
            load();
            const double took = std::chrono::duration<double>(Clock::now() - began).count();
            const auto stored = connection.query_value(std::string("SELECT COUNT(*) FROM ") + kTable).as<std::size_t>();
            if (stored != rows) std::fprintf(stderr, "%zu rows of %zu arrived\n", stored, rows), std::exit(1);
            return took;
          }};
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// The contenders in turn in every round; prints their medians, and the median of each round's ratio. `warming` rounds before them do not count.
inline void compare(std::vector<Contender>& contenders, int rounds, std::size_t rows, int warming = 0) {
  for (int round = -warming; round < rounds; ++round) {
    for (Contender& contender : contenders) {
      const double seconds = contender.seconds();
      if (round >= 0) contender.rounds.push_back(seconds);
    }
    if (round < 0) continue;
    for (Contender& contender : contenders) contender.ratios.push_back(contender.rounds.back() / contenders.front().rounds.back());
  }
  std::printf("%-36s %12s %14s\n", "", "rows/s", "array writer =");
  for (const Contender& contender : contenders) {
    std::printf("%-36s %12.0f %13.2fx\n", contender.name.c_str(), static_cast<double>(rows) / median(contender.rounds), median(contender.ratios));
  }
}

inline long resident_kib() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/// Writes the rows again and again, each time as a unit of its own, and prints the resident memory. The table is emptied every so often: memory is what is
/// measured, not the disk. Returns an exit status: whether it grew by more than a tenth after the tenth batch.
inline int measure_memory(Connection& connection, const TableInfo& table, const std::vector<RecordBatch>& rows, int batches, int emptied_every) {
  long first = 0, most = 0;
  for (int i = 0; i < batches; ++i) {
    write_stream(connection, table, rows);
    if ((i + 1) % emptied_every == 0) connection.truncate(table.name);
    const long now = resident_kib();
    if (i == std::min(batches - 1, 10)) first = now;
    most = std::max(most, now);
    if ((i + 1) % std::max(1, batches / 10) == 0) std::printf("batch %6d: %ld KiB resident\n", i + 1, now), std::fflush(stdout);
  }
  std::printf("%d batches of %zu rows: %ld KiB after the tenth, at most %ld KiB\n", batches, rows.front().rows(), first, most);
  return most <= first + first / 10 ? 0 : 1;
}

}  // namespace bench
