#include "access/arrow/stream_batches.hpp"

#include <algorithm>
#include <system_error>

#include "millrace/data/data_error.hpp"

namespace millrace::arrow {
namespace {

// A batch that fits the processor's caches; texts may fill it before its rows do.
constexpr std::int64_t kBatchRows = 8192;
constexpr std::size_t kBatchBytes = 4 * 1024 * 1024;

std::string name_of(const ArrowSchema& schema) { return schema.name ? schema.name : ""; }

}  // namespace

StreamBatches::StreamBatches(OwnedArrowStream stream) : stream_(std::move(stream)) {
  if (const int status = stream_->get_schema(stream_.get(), schema_.out()); status != 0) {
    schema_->release = nullptr;  // what a failed call left in it is not ours
    fail("tell its schema", status);
  }
  const std::string_view format = schema_->format ? schema_->format : "";
  if (format != "+s" || schema_->dictionary) {
    throw DataError("the Arrow stream is no stream of record batches: its schema has the format \"" + std::string(format) +
                    "\" where a struct (\"+s\") is needed; hand over a table, not a single column");
  }
  if (schema_->n_children < 0 || (schema_->n_children > 0 && !schema_->children)) throw DataError("the schema of the Arrow stream is broken: its columns are missing");
}

std::vector<std::string> StreamBatches::column_names() const {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < schema_->n_children; ++i) names.push_back(name_of(*schema_->children[i]));
  return names;
}

void StreamBatches::choose(const std::vector<Choice>& columns) {
  for (const Choice& choice : columns) {
    const ArrowSchema& child = *schema_->children[choice.child];
    Source source{choice.child, name_of(child), read_type(child, name_of(child)), choice.target.type};
    if (!can_become(source.type, source.target)) {
      const bool zoned = source.type.family == Family::timestamp_tz && source.target.kind == TypeKind::timestamp;
      throw_about(source.name, "is of type " + source.type.name + ", which does not go into column \"" + choice.target.name + "\", " + to_string(source.target) +
                                   (zoned ? ": convert it to UTC, or to a timestamp without a time zone, first" : ": cast it first, or leave the column out"));
    }
    sources_.push_back(std::move(source));
  }
}

RecordBatch StreamBatches::make_batch() const {
  std::vector<SqlType> types;
  for (const Source& source : sources_) types.push_back(source.target);
  return RecordBatch(types);
}

bool StreamBatches::next(RecordBatch& batch) {
  batch.clear();
  while (!array_ || at_ == array_->length) {
    if (!next_array()) return false;
  }
  read_rows(batch);
  if (at_ == array_->length) array_.reset();  // its memory may be large, and what comes next may take long
  return true;
}

bool StreamBatches::next_array() {
  at_ = 0;
  if (const int status = stream_->get_next(stream_.get(), array_.out()); status != 0) {
    array_->release = nullptr;
    fail("deliver its next batch", status);
  }
  if (!array_) return false;
  check_batch(*array_, schema_->n_children);
  if (array_->length == 0) return true;
  if (sources_.empty()) throw DataError("the Arrow stream has rows but no columns");
  for (Source& source : sources_) source.view = view_column(*array_, source.child, source.type, source.name);
  return true;
}

void StreamBatches::read_rows(RecordBatch& batch) {
  auto count = static_cast<std::size_t>(std::min(array_->length - at_, kBatchRows));
  for (Source& source : sources_) {
    gather(source.type, source.view, at_, count, {source.name, rows_read_}, source.cells);
    count = rows_within(source.cells, count, kBatchBytes);
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    append_cells(sources_[i].type, sources_[i].cells, count, {sources_[i].name, rows_read_}, batch.column(i));
  }
  at_ += static_cast<std::int64_t>(count);
  rows_read_ += static_cast<std::int64_t>(count);
}

void StreamBatches::fail(const char* what, int status) {
  const char* const reason = stream_->get_last_error ? stream_->get_last_error(stream_.get()) : nullptr;
  throw DataError(std::string("the Arrow stream could not ") + what + ": " +
                  (reason && *reason ? std::string(reason) : std::generic_category().message(status)));
}

}  // namespace millrace::arrow
