#include "sqlite3/errors.hpp"

#include <algorithm>

#include "products/sqlite3/messages.hpp"

namespace millrace::sqlite {
namespace {

struct Meaning { int code; SqlStateMeaning means; };

constexpr bool kRetry = true;

// Extended codes first, then the primary codes that stand for the rest of their family.
constexpr Meaning kMeanings[] = {
    {SQLITE_CONSTRAINT_UNIQUE, {"23505", ErrorCode::unique_violation}},
    {SQLITE_CONSTRAINT_PRIMARYKEY, {"23505", ErrorCode::unique_violation}},
    {SQLITE_CONSTRAINT_ROWID, {"23505", ErrorCode::unique_violation}},
    {SQLITE_CONSTRAINT_NOTNULL, {"23502", ErrorCode::not_null_violation}},
    {SQLITE_CONSTRAINT_FOREIGNKEY, {"23503", ErrorCode::foreign_key_violation}},
    {SQLITE_CONSTRAINT_CHECK, {"23514", ErrorCode::check_violation}},
    {SQLITE_CONSTRAINT_DATATYPE, {"22018", ErrorCode::invalid_value}},
    {SQLITE_BUSY_SNAPSHOT, {"40001", ErrorCode::serialization, kRetry}},
    {SQLITE_LOCKED_SHAREDCACHE, {"55P03", ErrorCode::lock_timeout, kRetry}},
    {SQLITE_IOERR_NOMEM, {"53200", ErrorCode::resources}},
    {SQLITE_CONSTRAINT, {"23000", ErrorCode::constraint}},
    {SQLITE_BUSY, {"55P03", ErrorCode::lock_timeout, kRetry}},
    {SQLITE_LOCKED, {"55006", ErrorCode::lock_timeout}},  // by a statement of this very connection: waiting does not help
    {SQLITE_SCHEMA, {"40001", ErrorCode::serialization, kRetry}},
    {SQLITE_FULL, {"53100", ErrorCode::disk_full}},
    {SQLITE_NOMEM, {"53200", ErrorCode::resources}},
    {SQLITE_IOERR, {"58030", ErrorCode::io}},
    {SQLITE_PROTOCOL, {"58030", ErrorCode::io, kRetry}},
    {SQLITE_CANTOPEN, {"58030", ErrorCode::io}},
    {SQLITE_CORRUPT, {"XX001", ErrorCode::io}},
    {SQLITE_NOTADB, {"XX001", ErrorCode::io}},
    {SQLITE_READONLY, {"25006", ErrorCode::read_only}},
    {SQLITE_PERM, {"42501", ErrorCode::permission}},
    {SQLITE_AUTH, {"42501", ErrorCode::permission}},
    {SQLITE_INTERRUPT, {"57014", ErrorCode::cancelled}},
    {SQLITE_TOOBIG, {"54000", ErrorCode::invalid_value}},
    {SQLITE_MISMATCH, {"22018", ErrorCode::invalid_value}},
    {SQLITE_RANGE, {"07009", ErrorCode::misuse}},
    {SQLITE_MISUSE, {"HY010", ErrorCode::internal}},
    {SQLITE_INTERNAL, {"XX000", ErrorCode::internal}},
};

constexpr SqlStateMeaning kUnknown{"", ErrorCode::unknown};

struct Hint { int code; std::string_view text; };
constexpr Hint kHints[] = {
    {SQLITE_BUSY, "another connection holds the lock for longer than the lock time-out; wait for it to end, or raise the time-out"},
    {SQLITE_FULL, "free space on the disk, or raise PRAGMA max_page_count"},
    {SQLITE_READONLY, "the database file and its directory must be writable by this user"},
    {SQLITE_CORRUPT, "run PRAGMA integrity_check and restore the file from a backup"},
};

}  // namespace

SqlStateMeaning meaning_of(int extended_code, std::string_view message) {
  const int primary = extended_code & 0xff;
  if (primary == SQLITE_ERROR) return meaning_of_message(message);
  for (const int code : {extended_code, primary}) {
    const auto* const found = std::find_if(std::begin(kMeanings), std::end(kMeanings), [&](const Meaning& m) { return m.code == code; });
    if (found != std::end(kMeanings)) return found->means;
  }
  return kUnknown;
}

ErrorInfo error_info(ErrorCode code, std::string message) {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  info.backend = kBackend;
  return info;
}

ErrorInfo failure(::sqlite3* db, int extended_code) {
  const SqlStateMeaning meaning = meaning_of(extended_code, sqlite3_errmsg(db));
  ErrorInfo info = error_info(meaning.code, sqlite3_errmsg(db));
  info.sqlstate = meaning.sqlstate;
  info.native_code = extended_code;
  info.safe_to_retry = meaning.safe_to_retry;
  info.poisons_connection = meaning.poisons_connection;
  add_culprit(info);
  for (const Hint& hint : kHints) {
    if (hint.code == (extended_code & 0xff)) info.message.append("; ").append(hint.text);
  }
  return info;
}

void throw_failure(::sqlite3* db, int extended_code) { throw_error(failure(db, extended_code)); }

}  // namespace millrace::sqlite
