#include "millrace/access/copy.hpp"

#include <optional>

#include "access/column_names.hpp"
#include "access/copy_target.hpp"
#include "data/column_value.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace detail {
namespace {

std::vector<SqlType> types_of(const CopyTarget& target) {
  std::vector<SqlType> types;
  for (const ColumnInfo& column : target.columns) types.push_back(column.type);
  return types;
}

/// The place among a struct's members of each column to be copied.
std::vector<std::size_t> places_of(const std::vector<std::string>& columns, const std::vector<std::string>& members) {
  std::vector<std::size_t> places;
  std::string unknown;
  for (const std::string& column : columns) {
    const std::size_t at = find_column(members, column, "the struct's row mapping");
    if (at == kNoColumn) unknown.append(unknown.empty() ? "\"" : ", \"").append(column).append("\"");
    places.push_back(at);
  }
  if (!unknown.empty()) throw ConfigError("nothing was copied: the row mapping (" + list_columns(members) + ") does not have these columns: " + unknown);
  return places;
}

/// Bytes of texts and binaries, which alone make a row large.
std::size_t bytes_of(const std::vector<Value>& row) {
  std::size_t bytes = 0;
  for (const Value& value : row) {
    if (const auto* text = std::get_if<std::string>(&value.storage())) bytes += text->size();
    else if (const auto* binary = std::get_if<Bytes>(&value.storage())) bytes += binary->size();
  }
  return bytes;
}

}  // namespace

struct RecordCopy::Stream {
  Connection& connection;
  CopyOptions options;
  CopySource source;
  std::vector<std::size_t> places;  // of a struct's members
  CopyTarget target;
  RecordBatch batch;
  std::size_t batch_bytes = 0;      // of the batch's texts and binaries
  std::int64_t rows = 0;
  std::optional<CopyStream> open;

  void add(const std::vector<Value>& row) {
    check_width(row.size());
    for (std::size_t i = 0; i < target.columns.size(); ++i) add(row[places.empty() ? i : places[i]], i);
    ++rows;
  }
  void add(const Value& value, std::size_t column) {
    const DecodeStatus status = append_value(batch.column(column), value);
    if (status != DecodeStatus::ok) refuse(describe(status, target.columns[column].type, value.to_text()), target.columns[column].name);
  }
  void check_width(std::size_t values) const {
    if (!places.empty() || values == target.columns.size()) return;
    std::vector<std::string> names;
    for (const ColumnInfo& column : target.columns) names.push_back(column.name);
    refuse(std::to_string(values) + " values for " + std::to_string(names.size()) + (names.size() == 1 ? " column (" : " columns (") + list_columns(names) + ")", {});
  }
  [[noreturn]] void refuse(const std::string& why, const std::string& column) const {
    ErrorInfo info;
    info.code = ErrorCode::data;
    info.message = "copy into " + to_string(target.table) + (column.empty() ? "" : ", column \"" + column + "\"") + ", row " + std::to_string(rows + 1) + ": " + why;
    info.column = column;
    info.row = rows;
    throw DataError(std::move(info));
  }
};

RecordCopy::RecordCopy(Connection& connection, const TableRef& table, const std::vector<std::string>& columns, const std::vector<std::string>& members,
                       const CopyOptions& options, bool repeatable) {
  if (options.flush_rows == 0 || options.flush_bytes == 0) throw Error(ErrorCode::misuse, "copy_from_records needs flush_rows and flush_bytes of at least 1");
  const std::vector<std::string>& wanted = columns.empty() ? members : columns;
  std::vector<std::size_t> places = members.empty() ? std::vector<std::size_t>() : places_of(wanted, members);
  stream_.reset(new Stream{connection, options, repeatable ? CopySource::repeatable : CopySource::read_once, std::move(places),
                           resolve_copy_target(connection, table, wanted), {}, 0, 0, {}});
  if (!repeatable && connection.in_transaction()) connection.forbid_replay();
  stream_->batch = RecordBatch(types_of(stream_->target));
}

RecordCopy::~RecordCopy() = default;

void RecordCopy::append() {
  const std::size_t bytes = bytes_of(row_);
  if (stream_->batch.rows() > 0 && stream_->batch_bytes + bytes > stream_->options.flush_bytes) flush();
  stream_->add(row_);
  stream_->batch_bytes += bytes;
  row_.clear();
  // Counting the bytes of all columns costs more than a narrow row does.
  constexpr std::int64_t kRowsBetweenLooks = 256;
  const bool full = stream_->batch.rows() >= stream_->options.flush_rows;
  if (full || (stream_->rows % kRowsBetweenLooks == 0 && stream_->batch.byte_size() >= stream_->options.flush_bytes)) flush();
}

void RecordCopy::flush() {
  if (!stream_->open) stream_->open.emplace(stream_->connection, stream_->target, stream_->source, stream_->options.writer);
  stream_->open->write(stream_->batch);
  stream_->batch.clear();
  stream_->batch_bytes = 0;
}

std::int64_t RecordCopy::finish() {
  if (stream_->rows == 0) {
    log_copy_skipped(stream_->target);
    return 0;
  }
  if (stream_->batch.rows() > 0) flush();
  return stream_->open->finish();
}

}  // namespace detail

void truncate_table(Connection& connection, const TableRef& table, bool cascade) { connection.truncate(table.resolve(connection.dialect()), cascade); }

bool table_exists(Connection& connection, const TableRef& table) { return connection.table_exists(table.resolve(connection.dialect())); }

}  // namespace millrace
