#include <algorithm>

#include "access/arrow/stream_batches.hpp"
#include "access/column_names.hpp"
#include "access/copy_target.hpp"
#include "millrace/access/arrow.hpp"
#include "millrace/access/copy.hpp"

namespace millrace {
namespace {

OwnedArrowStream take(ArrowArrayStream* stream) {
  if (!stream || !stream->release) throw Error(ErrorCode::misuse, "copy_from_arrow was given an Arrow stream that is released already: a stream can be read once");
  return OwnedArrowStream(*stream);
}

/// Where the wanted columns are among the stream's.
std::vector<std::int64_t> find_columns(const std::vector<std::string>& stream, const std::vector<std::string>& wanted) {
  std::vector<std::int64_t> places;
  std::string missing;
  for (const std::string& name : wanted) {
    if (std::count(stream.begin(), stream.end(), name) > 1) throw ConfigError("the Arrow stream has several columns \"" + name + "\": rename all but one");
    const std::size_t at = find_column(stream, name, "the Arrow stream");
    if (at == kNoColumn) missing += (missing.empty() ? "\"" : ", \"") + name + "\"";
    else places.push_back(static_cast<std::int64_t>(at));
  }
  if (missing.empty()) return places;
  throw ConfigError("nothing was copied: the Arrow stream (" + list_columns(stream) + ") does not have these columns: " + missing);
}

std::int64_t copy_taken(Connection& connection, const TableRef& table, OwnedArrowStream stream, const std::vector<std::string>& columns, const WriterOptions& options) {
  arrow::StreamBatches batches(std::move(stream));
  const std::vector<std::string> names = batches.column_names();
  const std::vector<std::string>& wanted = columns.empty() ? names : columns;
  const std::vector<std::int64_t> places = find_columns(names, wanted);
  const CopyTarget target = resolve_copy_target(connection, table, wanted);
  std::vector<arrow::StreamBatches::Choice> choices;
  for (std::size_t i = 0; i < places.size(); ++i) choices.push_back({places[i], target.columns[i]});
  batches.choose(choices);

  RecordBatch batch = batches.make_batch();
  if (!batches.next(batch)) {
    log_copy_skipped(target);
    return 0;
  }
  CopyStream copy(connection, target, CopySource::read_once, options);
  do copy.write(batch);
  while (batches.next(batch));
  return copy.finish();
}

}  // namespace

std::int64_t copy_from_arrow(Connection& connection, const TableRef& table, ArrowArrayStream* stream, const std::vector<std::string>& columns,
                             const WriterOptions& options) {
  OwnedArrowStream taken = take(stream);
  // Whatever goes wrong from here on: the stream is gone, and a second run would find none.
  if (connection.in_transaction()) connection.forbid_replay();
  try {
    return copy_taken(connection, table, std::move(taken), columns, options);
  } catch (const Error& error) {
    detail::rethrow_read_once(error);
  }
}

}  // namespace millrace
