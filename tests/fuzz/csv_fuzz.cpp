// The splitter and the decoder against the reference reader. The first three bytes choose unit, batch and read sizes, the rest is the input.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/load/csv/csv_support.hpp"
#include "unit/load/csv/reference_csv.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// Whether a record became what the reference makes of it; the bytes may be no UTF-8, so that other rejects are possible, too.
void check_record(const Decoded& decoded, std::size_t& row, std::size_t& reject, const ReferenceRecord& expected, std::int64_t src_row) {
  if (row < decoded.rows.size() && decoded.src_rows[row] == src_row) {
    require(decoded.rows[row] == expected.fields, "the fields of a row");
    ++row;
    return;
  }
  require(reject < decoded.rejects.size() && decoded.rejects[reject].src_row == src_row, "a record is neither row nor reject");
  const Reject& got = decoded.rejects[reject++];
  require(got.raw == expected.raw && got.line == expected.line && got.byte_offset == static_cast<std::int64_t>(expected.offset), "a reject's position");
  require((got.code == "wrong_column_count") == (expected.fields.size() != 2), "a wrong column count");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  CsvOptions options = without_header();
  options.unit_bytes = options.first_unit_bytes = 1 + data[0];
  options.unit_rows = data[1] % 16;
  const std::string input(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (input.starts_with("\xef\xbb\xbf")) return 0;  // the reference knows no byte-order mark

  const ReferenceResult expected = reference_read(input);
  Decoded decoded;
  std::int64_t records = 0;
  bool fault = false;
  try {
    const std::unique_ptr<Source> source = open_source(input, options, 1 + data[2]);
    DecodePlan plan = text_plan(2);
    plan.batch_rows = 1 + data[1] / 16;
    const std::unique_ptr<UnitDecoder> decoder = source->make_decoder(plan);
    while (const std::optional<Unit> unit = source->next_unit()) {
      decode_unit(*decoder, *unit, decoded);
      records += unit->rows;
    }
  } catch (const DataError&) {
    fault = true;
  }
  require(fault == expected.fault, "a fault");
  require(fault || records == static_cast<std::int64_t>(expected.records.size()), "the number of records");
  std::size_t row = 0, reject = 0;
  for (std::int64_t i = 0; i < records; ++i) check_record(decoded, row, reject, expected.records[static_cast<std::size_t>(i)], i + 1);
  require(row == decoded.rows.size() && reject == decoded.rejects.size(), "more rows than records");
  return 0;
}
