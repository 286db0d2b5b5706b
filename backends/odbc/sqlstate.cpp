#include "odbc/sqlstate.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::cli_odbc {
namespace {

constexpr bool kRetry = true;
constexpr bool kPoisons = true;

// Longer codes stand before the classes they belong to.
constexpr SqlStateMeaning kMeanings[] = {
    {"08001", ErrorCode::connection_refused, kRetry, kPoisons},
    {"08004", ErrorCode::connection_refused, false, kPoisons},
    {"08007", ErrorCode::in_doubt, false, kPoisons},
    {"40001", ErrorCode::serialization, kRetry},
    {"40003", ErrorCode::in_doubt, false, kPoisons},
    {"HYT00", ErrorCode::statement_timeout},
    {"HYT01", ErrorCode::connection_lost, kRetry, kPoisons},
    {"HY008", ErrorCode::cancelled},
    {"HY001", ErrorCode::resources},
    {"HY013", ErrorCode::resources},
    {"HYC00", ErrorCode::unsupported},
    {"IM001", ErrorCode::unsupported},
    {"42S01", ErrorCode::duplicate_object},
    {"42S11", ErrorCode::duplicate_object},
    {"42S21", ErrorCode::duplicate_object},
    {"42S02", ErrorCode::undefined_object},
    {"42S12", ErrorCode::undefined_object},
    {"42S22", ErrorCode::undefined_object},
    {"23502", ErrorCode::not_null_violation},
    {"23503", ErrorCode::foreign_key_violation},
    {"23505", ErrorCode::unique_violation},
    {"23513", ErrorCode::check_violation},
    {"25006", ErrorCode::read_only},
    // Classes
    {"07", ErrorCode::misuse},
    {"08", ErrorCode::connection_lost, kRetry, kPoisons},
    {"0A", ErrorCode::unsupported},
    {"21", ErrorCode::invalid_value},
    {"22", ErrorCode::invalid_value},
    {"23", ErrorCode::constraint},
    {"24", ErrorCode::internal},
    {"25", ErrorCode::misuse},
    {"28", ErrorCode::authentication, false, kPoisons},
    {"40", ErrorCode::serialization, kRetry},
    {"42", ErrorCode::syntax},
    {"44", ErrorCode::check_violation},
    {"HY", ErrorCode::internal},
    {"IM", ErrorCode::config},
};

}  // namespace

SqlStateMeaning odbc_meaning_of(std::string_view sqlstate) {
  const auto* const found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                         [&](const SqlStateMeaning& m) { return sqlstate.size() == 5 && sqlstate.starts_with(m.sqlstate); });
  return found == std::end(kMeanings) ? SqlStateMeaning{{}, ErrorCode::unknown} : *found;
}

}  // namespace millrace::cli_odbc
