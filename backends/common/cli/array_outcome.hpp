#pragma once
// What the run of an array means: a decision without I/O, from what the driver wrote and said.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/cli/cli.hpp"

namespace millrace::MILLRACE_CLI {

/// What a status is before the run: a driver that leaves it there has none.
inline constexpr SQLUSMALLINT kStatusUnset = 0xFFFF;

struct ArrayRun {
  SQLRETURN code = SQL_SUCCESS;
  std::span<const SQLUSMALLINT> statuses;     ///< one a row, as the driver left them
  std::optional<std::uint64_t> processed;     ///< parameter sets that the driver says it has dealt with; nullopt: it wrote nothing
};

struct ArrayOutcome {
  enum class Kind : std::uint8_t {
    complete,       ///< every row is in, as far as the driver's word goes
    refused,        ///< the rows in `rows` were refused; whether the others are in is another question
    failed,         ///< it failed, and no row, or every row, is to blame
    contradiction   ///< the driver contradicts itself: `problem` says how
  };
  Kind kind = Kind::complete;
  std::vector<std::size_t> rows;   ///< counted from the array's first
  std::string problem;
};

/// The rules of SQL_ATTR_PARAM_STATUS_PTR in ODBC's reference, read with the drivers in mind that write no statuses, mark the whole array for one bad
/// row, or report success with errors among the statuses.
ArrayOutcome judge(const ArrayRun& run);

}  // namespace millrace::MILLRACE_CLI
