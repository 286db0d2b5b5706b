#include "products/postgresql/sqlstate.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::postgresql {
namespace {

constexpr bool kRetry = true;
constexpr bool kPoisons = true;

// Appendix A of PostgreSQL's manual. Longer codes stand before the classes they belong to.
constexpr SqlStateMeaning kMeanings[] = {
    // Worth another try, from the start of the transaction
    {"40001", ErrorCode::serialization, kRetry},
    {"40P01", ErrorCode::deadlock, kRetry},
    {"55P03", ErrorCode::lock_timeout, kRetry},
    {"53300", ErrorCode::resources, kRetry},
    // The session is gone, or its outcome is unknown
    {"57P01", ErrorCode::server_shutdown, kRetry, kPoisons},
    {"57P02", ErrorCode::server_shutdown, kRetry, kPoisons},
    {"57P03", ErrorCode::connection_refused, kRetry, kPoisons},
    {"57P05", ErrorCode::connection_lost, kRetry, kPoisons},
    {"25P03", ErrorCode::connection_lost, kRetry, kPoisons},
    {"25P04", ErrorCode::statement_timeout, false, kPoisons},  // transaction_timeout, which ends the session
    {"08007", ErrorCode::in_doubt, false, kPoisons},
    {"40002", ErrorCode::constraint},
    {"40003", ErrorCode::in_doubt, false, kPoisons},
    {"08P01", ErrorCode::internal, false, kPoisons},
    {"08004", ErrorCode::connection_refused, false, kPoisons},
    {"08001", ErrorCode::connection_refused, kRetry, kPoisons},
    {"57P04", ErrorCode::connection_lost, false, kPoisons},
    // Logging in
    {"28000", ErrorCode::authentication, false, kPoisons},
    {"28P01", ErrorCode::authentication, false, kPoisons},
    // Constraints
    {"23502", ErrorCode::not_null_violation},
    {"23503", ErrorCode::foreign_key_violation},
    {"23001", ErrorCode::foreign_key_violation},
    {"23505", ErrorCode::unique_violation},
    {"23514", ErrorCode::check_violation},
    {"44000", ErrorCode::check_violation},
    // Names
    {"42P01", ErrorCode::undefined_object},
    {"42703", ErrorCode::undefined_object},
    {"42704", ErrorCode::undefined_object},
    {"42883", ErrorCode::undefined_object},
    {"42P02", ErrorCode::undefined_object},
    {"3D000", ErrorCode::undefined_object},
    {"3F000", ErrorCode::undefined_object},
    {"42P04", ErrorCode::duplicate_object},
    {"42P05", ErrorCode::duplicate_object},
    {"42P06", ErrorCode::duplicate_object},
    {"42P07", ErrorCode::duplicate_object},
    {"42701", ErrorCode::duplicate_object},
    {"42710", ErrorCode::duplicate_object},
    {"42712", ErrorCode::duplicate_object},
    {"42723", ErrorCode::duplicate_object},
    {"42501", ErrorCode::permission},
    // Values that fail late, in the words of other classes
    {"42804", ErrorCode::invalid_value},
    {"428C9", ErrorCode::invalid_value},   // writing a generated column
    {"25006", ErrorCode::read_only},
    {"25P02", ErrorCode::misuse},          // the transaction was aborted by an earlier error
    {"57014", ErrorCode::cancelled},
    {"53100", ErrorCode::disk_full},
    {"58030", ErrorCode::io},
    {"55006", ErrorCode::resources},       // object in use
    // Classes
    {"08", ErrorCode::connection_lost, kRetry, kPoisons},
    {"0A", ErrorCode::unsupported},
    {"21", ErrorCode::invalid_value},
    {"22", ErrorCode::invalid_value},
    {"23", ErrorCode::constraint},
    {"25", ErrorCode::misuse},
    {"28", ErrorCode::authentication, false, kPoisons},
    {"3B", ErrorCode::undefined_object},   // a savepoint
    {"40", ErrorCode::serialization, kRetry},
    {"42", ErrorCode::syntax},
    {"53", ErrorCode::resources},
    {"54", ErrorCode::resources},
    {"55", ErrorCode::misuse},
    {"XX", ErrorCode::internal},
};

struct Refusal { std::string_view begins; std::string_view sqlstate; };
constexpr Refusal kRefusals[] = {
    {"password authentication failed for user ", "28P01"},   // servers count these, and lock accounts
    {"sorry, too many clients already", "53300"},
    {"remaining connection slots are reserved", "53300"},
    {"too many connections for ", "53300"},
    {"the database system is ", "57P03"},                    // starting up, shutting down, in recovery mode
};

}  // namespace

SqlStateMeaning meaning_of(std::string_view sqlstate) {
  const auto* const found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                         [&](const SqlStateMeaning& m) { return sqlstate.size() == 5 && sqlstate.starts_with(m.sqlstate); });
  return found == std::end(kMeanings) ? SqlStateMeaning{{}, ErrorCode::unknown} : *found;
}

std::string_view sqlstate_of_refusal(std::string_view said) {
  constexpr std::string_view kSeverity = "FATAL:";
  const std::size_t at = said.rfind(kSeverity);
  if (at == std::string_view::npos) return {};
  std::string_view words = said.substr(at + kSeverity.size());
  words.remove_prefix(std::min(words.find_first_not_of(' '), words.size()));
  const auto* const found = std::find_if(std::begin(kRefusals), std::end(kRefusals), [&](const Refusal& r) { return words.starts_with(r.begins); });
  return found == std::end(kRefusals) ? std::string_view() : found->sqlstate;
}

}  // namespace millrace::postgresql
