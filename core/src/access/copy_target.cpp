#include "access/copy_target.hpp"

#include <algorithm>

#include "access/column_names.hpp"
#include "millrace/access/copy.hpp"
#include "millrace/access/log.hpp"

namespace millrace {
namespace {

constexpr const char* kSavepoint = "millrace_copy";

std::vector<std::string> names_of(const std::vector<ColumnInfo>& columns) {
  std::vector<std::string> names;
  for (const ColumnInfo& column : columns) names.push_back(column.name);
  return names;
}

bool has_column(const std::vector<ColumnInfo>& columns, const std::string& name) {
  return std::any_of(columns.begin(), columns.end(), [&](const ColumnInfo& c) { return c.name == name; });
}

/// Names that have one fault in common, for one sentence about all of them.
class Faulty {
 public:
  explicit Faulty(std::string fault) : fault_(std::move(fault)) {}
  void add(const std::string& name) { names_.append(names_.empty() ? "\"" : ", \"").append(name).append("\""); }
  void refuse_any(const TableInfo& info) const {
    if (!names_.empty()) throw ConfigError("nothing was copied into " + to_string(info.name) + ": " + fault_ + ": " + names_);
  }

 private:
  std::string fault_;
  std::string names_;
};

std::vector<ColumnInfo> named_columns(const TableInfo& info, const std::vector<std::string>& wanted) {
  const std::vector<std::string> names = names_of(info.columns);
  Faulty unknown("the table (" + list_columns(names) + ") does not have these columns");
  Faulty generated("these columns are GENERATED and can not be written, so leave them out");
  Faulty repeated("these columns are named twice");
  std::vector<ColumnInfo> columns;
  for (const std::string& name : wanted) {
    const std::size_t at = find_column(names, name, "table " + to_string(info.name));
    if (at == kNoColumn) {
      unknown.add(name);
      continue;
    }
    const ColumnInfo& column = info.columns[at];
    if (column.generated) generated.add(column.name);
    if (has_column(columns, column.name)) repeated.add(column.name);
    columns.push_back(column);
  }
  for (const Faulty* faulty : {&unknown, &generated, &repeated}) faulty->refuse_any(info);
  return columns;
}

std::vector<ColumnInfo> writable_columns(const TableInfo& info) {
  std::vector<ColumnInfo> columns;
  for (const ColumnInfo& column : info.columns) {
    if (!column.generated && column.identity != Identity::always) columns.push_back(column);
  }
  if (columns.empty()) throw ConfigError("table " + to_string(info.name) + " has no column that can be written");
  return columns;
}

// The server would say so too, but only with the first row and the whole stream behind it.
void check_nothing_missing(const TableInfo& info, const std::vector<ColumnInfo>& columns) {
  Faulty missing("these columns are NOT NULL without a default, and the rows do not fill them");
  for (const ColumnInfo& column : info.columns) {
    if (column.nullable || column.has_default || column.generated || column.identity != Identity::none) continue;
    if (!has_column(columns, column.name)) missing.add(column.name);
  }
  missing.refuse_any(info);
}

}  // namespace

CopyTarget resolve_copy_target(Connection& connection, const TableRef& table, const std::vector<std::string>& columns) {
  const TableInfo info = connection.describe(table.resolve(connection.dialect()));
  CopyTarget target{info.name, columns.empty() ? writable_columns(info) : named_columns(info, columns)};
  check_nothing_missing(info, target.columns);
  return target;
}

void log_copy_skipped(const CopyTarget& target) {
  const std::string table = to_string(target.table);
  log(LogLevel::info, "copy.skipped", "there are no rows to copy into " + table + "; nothing was sent", {{"table", table}});
}

void detail::rethrow_read_once(const Error& error) {
  if (!error.safe_to_retry()) throw;
  ErrorInfo info = error.info();
  info.safe_to_retry = false;
  info.message += "; it is not run again, since the rows come from a source that can be read only once";
  rethrow_as(error, std::move(info));
}

template <class F> auto CopyStream::guarded(F&& call) {
  try {
    return call();
  } catch (const Error& error) {
    if (source_ == CopySource::repeatable) throw;
    detail::rethrow_read_once(error);
  }
}

CopyStream::CopyStream(Connection& connection, const CopyTarget& target, CopySource source, const WriterOptions& options) : connection_(connection), source_(source) {
  if (source_ == CopySource::read_once && connection_.in_transaction()) connection_.forbid_replay();
  guarded([&] { open(target, options); });
}

void CopyStream::open(const CopyTarget& target, const WriterOptions& options) {
  if (connection_.in_transaction()) savepoint_.emplace(connection_, kSavepoint);
  else transaction_.emplace(connection_);
  writer_ = connection_.open_writer(target.table, target.columns, options);
}

void CopyStream::write(const RecordBatch& batch) {
  guarded([&] { writer_->write(batch); });
}

std::int64_t CopyStream::finish() {
  return guarded([&] {
    const std::int64_t rows = writer_->finish().rows;
    writer_.reset();
    if (savepoint_) savepoint_->release();
    else transaction_->commit();
    return rows;
  });
}

}  // namespace millrace
