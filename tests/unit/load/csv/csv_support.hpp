#pragma once
// What the CSV tests share.

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/data/data_error.hpp"
#include "millrace/load/csv.hpp"

namespace millrace::csv_test {

/// A stream that returns at most `step` bytes a read, as a slow pipe does.
class DribbleStream final : public ByteStream {
 public:
  DribbleStream(std::string bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
  std::size_t read(char* into, std::size_t size) override {
    const std::size_t count = std::min({size, step_, bytes_.size() - at_});
    std::memcpy(into, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t step_;
  std::size_t at_ = 0;
};

inline CsvOptions without_header() {
  CsvOptions options;
  options.header = false;
  return options;
}

inline std::unique_ptr<Source> open_source(std::string bytes, const CsvOptions& options, std::size_t step = SIZE_MAX) {
  auto source = make_csv_source(std::make_unique<DribbleStream>(std::move(bytes), step), "test.csv", options);
  source->open();
  return source;
}

inline std::vector<Unit> all_units(Source& source) {
  std::vector<Unit> units;
  while (std::optional<Unit> unit = source.next_unit()) units.push_back(*std::move(unit));
  return units;
}

/// A plan that takes every source column as text.
inline DecodePlan text_plan(int columns) {
  DecodePlan plan;
  plan.source_columns = columns;
  for (int i = 0; i < columns; ++i) plan.targets.push_back({"c" + std::to_string(i + 1), SqlType::of(TypeKind::text), i, false, false});
  return plan;
}

inline DecodePlan plan_of(const std::vector<SqlType>& types) {
  DecodePlan plan = text_plan(static_cast<int>(types.size()));
  for (std::size_t i = 0; i < types.size(); ++i) plan.targets[i].type = types[i];
  return plan;
}

using Row = std::vector<std::optional<std::string>>;

struct Decoded {
  std::vector<Row> rows;
  std::vector<std::int64_t> src_rows;
  std::vector<Reject> rejects;
};

inline void append_batch(const RecordBatch& batch, Decoded& out) {
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    Row values;
    for (const Column& column : batch.columns()) {
      if (column.is_null(row)) values.push_back(std::nullopt);
      else values.push_back(column.layout() == Layout::bytes ? std::string(column.bytes(row)) : column.value(row).to_text());
    }
    out.rows.push_back(std::move(values));
  }
  out.src_rows.insert(out.src_rows.end(), batch.src_rows().begin(), batch.src_rows().end());
}

inline void decode_unit(UnitDecoder& decoder, const Unit& unit, Decoded& out) {
  RecordBatch batch;
  decoder.start(unit);
  while (decoder.next(batch, out.rejects)) append_batch(batch, out);
}

inline Decoded decode_all(Source& source, const DecodePlan& plan) {
  const std::unique_ptr<UnitDecoder> decoder = source.make_decoder(plan);
  Decoded out;
  while (const std::optional<Unit> unit = source.next_unit()) decode_unit(*decoder, *unit, out);
  return out;
}

inline Decoded decode_text(const std::string& bytes, int columns, const CsvOptions& options = without_header()) {
  return decode_all(*open_source(bytes, options), text_plan(columns));
}

/// The message of the DataError that `action` throws; empty when it throws none.
template <class Action> std::string error_of(Action action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return {};
}

/// The error of reading everything.
inline std::string reading_error(const std::string& bytes, const CsvOptions& options = without_header()) {
  return error_of([&] { all_units(*open_source(bytes, options)); });
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace millrace::csv_test
