#include "products/sqlite3/messages.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace millrace::sqlite {
namespace {

struct Phrase { std::string_view text; SqlStateMeaning means; bool begins = false; };
constexpr bool kRetry = true;
constexpr Phrase kPhrases[] = {
    {"UNIQUE constraint failed", {"23505", ErrorCode::unique_violation}},
    {"NOT NULL constraint failed", {"23502", ErrorCode::not_null_violation}},
    {"FOREIGN KEY constraint failed", {"23503", ErrorCode::foreign_key_violation}},
    {"CHECK constraint failed", {"23514", ErrorCode::check_violation}},
    {"cannot store", {"22018", ErrorCode::invalid_value}},       // a STRICT table
    {"datatype mismatch", {"22018", ErrorCode::invalid_value}},
    {"database is locked", {"55P03", ErrorCode::lock_timeout, kRetry}},
    {"database table is locked", {"55006", ErrorCode::lock_timeout}},
    {"readonly database", {"25006", ErrorCode::read_only}},
    {"interrupted", {"57014", ErrorCode::cancelled}, true},      // elsewhere it is the name of something
    {"disk is full", {"53100", ErrorCode::disk_full}},
    {"disk I/O error", {"58030", ErrorCode::io}},
    {"unable to open database file", {"58030", ErrorCode::io}},
    {"file is not a database", {"XX001", ErrorCode::io}},
    {"disk image is malformed", {"XX001", ErrorCode::io}},
    {"no such table", {"42P01", ErrorCode::undefined_object}},
    {"no such column", {"42703", ErrorCode::undefined_object}},
    {"has no column named", {"42703", ErrorCode::undefined_object}},
    {"no such index", {"42704", ErrorCode::undefined_object}},
    {"no such savepoint", {"3B001", ErrorCode::undefined_object}},
    {"no such function", {"42883", ErrorCode::undefined_object}},
    {"unknown database", {"3F000", ErrorCode::undefined_object}},
    {"already exists", {"42P07", ErrorCode::duplicate_object}},
    {"there is already", {"42P07", ErrorCode::duplicate_object}},
    {"syntax error", {"42601", ErrorCode::syntax}},
    {"incomplete input", {"42601", ErrorCode::syntax}},
    {"unrecognized token", {"42601", ErrorCode::syntax}},
    {"too many columns", {"54011", ErrorCode::unsupported}},
};

}  // namespace

SqlStateMeaning meaning_of_message(std::string_view message) {
  const auto says = [&](const Phrase& p) { return p.begins ? message.starts_with(p.text) : message.find(p.text) != message.npos; };
  const auto* const phrase = std::find_if(std::begin(kPhrases), std::end(kPhrases), says);
  return phrase == std::end(kPhrases) ? SqlStateMeaning{"", ErrorCode::unknown} : phrase->means;
}

// "UNIQUE constraint failed: t.a, t.b" names columns, "CHECK constraint failed: c" the constraint.
void add_culprit(ErrorInfo& info) {
  constexpr std::string_view kFailed = " constraint failed: ";
  const std::size_t at = info.message.find(kFailed);
  if (at == std::string::npos) return;
  const std::string culprit = info.message.substr(at + kFailed.size());
  if (info.code == ErrorCode::not_null_violation) {
    info.column = culprit.substr(culprit.find('.') + 1);
  } else {
    info.constraint = culprit;
  }
}

}  // namespace millrace::sqlite
