#pragma once
// The inner loops that look at every byte of the input, in 64-byte blocks, for each instruction set.

#include <cstddef>
#include <cstdint>
#include <span>

#include "load/csv/dialect.hpp"

namespace millrace::csv {

inline constexpr std::size_t kBlock = 64;

/// What a scan carries from one block to the next.
struct ScanState {
  std::uint64_t inside_quotes = 0;  ///< all bits set inside quotes
  std::uint64_t after_cr = 0;       ///< CRLF: 1 when the last byte was an unquoted CR, so that an LF must follow
};

struct ScanTotals {
  std::int64_t records = 0;      ///< record ends
  std::int64_t lines = 0;        ///< physical lines, inside quotes too
  std::int64_t last_end = -1;    ///< index of the last record end's last byte; -1 = none
  std::uint64_t stray = 0;       ///< not 0: somewhere a line end of another kind stands outside quotes
};

/// Counts records and lines in `blocks` blocks.
using ScanKernel = void (*)(const char* bytes, std::size_t blocks, char quote, ScanState& state, ScanTotals& totals);

/// Set in a field's end when a quote occurs in the field.
inline constexpr std::uint32_t kQuotedField = std::uint32_t{1} << 31;
/// The index kernel may write this many entries past the last one.
inline constexpr std::size_t kIndexSlack = 64;

struct IndexMarks {
  char delimiter;
  char quote;
  char record_end;
};

struct IndexState {
  std::uint64_t inside_quotes = 0;
  std::uint32_t field_flag = 0;     ///< kQuotedField when the field at hand has had a quote
  std::uint32_t* ends = nullptr;         ///< next free entry: where each field ends, | kQuotedField
  std::uint32_t* record_ends = nullptr;  ///< next free entry: number of field ends up to the end of each record
  const std::uint32_t* first_end = nullptr;  ///< where `ends` began
};

/// Finds the ends of fields and records in bytes[from, to). The bytes behind `to` are not touched.
using IndexKernel = void (*)(const char* bytes, std::uint32_t from, std::uint32_t to, IndexMarks marks, IndexState& state);

struct Kernels {
  const char* name;
  ScanKernel scan_lf, scan_crlf, scan_cr;
  IndexKernel index;
  ScanKernel scan(LineEnd end) const { return end == LineEnd::lf ? scan_lf : end == LineEnd::crlf ? scan_crlf : scan_cr; }
};

/// The fastest ones that this processor runs.
const Kernels& kernels();
/// All that this processor runs, the fastest first: for tests.
std::span<const Kernels> all_kernels();

}  // namespace millrace::csv
