#include "sqlite3/session_state.hpp"

#include <sqlite3.h>

#include "sqlite3/errors.hpp"
#include "sqlite3/statement.hpp"

namespace millrace::sqlite {
namespace {

// Each can be asked for its value and be set to it. cache_spill's value follows cache_size, so it comes behind. temp_store comes last: what
// changes it here drops the temporary objects.
constexpr const char* kSettings[] = {
    "query_only", "foreign_keys", "defer_foreign_keys", "ignore_check_constraints", "recursive_triggers", "legacy_alter_table", "writable_schema",
    "trusted_schema", "cell_size_check", "read_uncommitted", "reverse_unordered_selects", "automatic_index", "analysis_limit", "full_column_names",
    "short_column_names", "empty_result_callbacks", "count_changes", "locking_mode", "synchronous", "fullfsync", "checkpoint_fullfsync", "secure_delete",
    "cache_size", "cache_spill", "mmap_size", "threads", "journal_size_limit", "wal_autocheckpoint", "max_page_count", "temp_store"};

std::string value_of(::sqlite3* db, const std::string& sql) {
  Statement statement(db, sql);
  return statement.step() ? std::string(statement.text(0)) : std::string();
}

std::string setting(::sqlite3* db, const char* name) { return value_of(db, std::string("PRAGMA ") + name); }

void detach_databases(::sqlite3* db) {
  std::vector<std::vector<Value>> names;
  Statement list(db, "SELECT name FROM pragma_database_list WHERE seq > 1");  // 0 is main, 1 is temp
  while (list.step()) names.push_back({Value(list.text(0))});
  list.reset();
  for (const std::vector<Value>& name : names) {
    Statement detach(db, "DETACH DATABASE ?");
    detach.bind(name);
    detach.run();
  }
}

// SQLite throws its temporary database away when it is told to keep it elsewhere.
void drop_temporary_objects(::sqlite3* db) {
  if (value_of(db, "SELECT count(*) FROM sqlite_temp_schema") == "0") return;
  run(db, setting(db, "temp_store") == "1" ? "PRAGMA temp_store = 2" : "PRAGMA temp_store = 1");
}

}  // namespace

SessionState::SessionState(::sqlite3* db) : db_(db) {
  for (const char* name : kSettings) {
    if (std::string value = setting(db, name); !value.empty()) settings_.emplace_back(name, std::move(value));  // some builds leave some out
  }
  journal_mode_ = setting(db, "journal_mode");
}

void SessionState::restore() {
  if (!sqlite3_get_autocommit(db_)) run(db_, "ROLLBACK");
  detach_databases(db_);
  drop_temporary_objects(db_);
  bool unlock = false;
  for (const auto& [name, value] : settings_) {
    if (setting(db_, name) == value) continue;
    run(db_, std::string("PRAGMA ") + name + " = " + value);
    unlock = unlock || std::string_view(name) == "locking_mode";
  }
  restore_journal_mode();
  if (unlock) run(db_, "SELECT count(*) FROM sqlite_schema");  // only the next look at the file lets go of an exclusive lock
  if (value_of(db_, "SELECT 'a' LIKE 'A'") == "0") run(db_, "PRAGMA case_sensitive_like = OFF");  // can not be asked for
  sqlite3_set_last_insert_rowid(db_, 0);
}

// WAL belongs to the file and to all who use it; the other modes are each connection's own.
void SessionState::restore_journal_mode() {
  const std::string mode = setting(db_, "journal_mode");
  if (mode == journal_mode_ || mode == "wal" || journal_mode_ == "wal") return;
  if (value_of(db_, "PRAGMA journal_mode = " + journal_mode_) == journal_mode_) return;
  throw_error(error_info(ErrorCode::misuse, "the journal mode can not be set back from " + mode + " to " + journal_mode_ + ": discard this connection"));
}

}  // namespace millrace::sqlite
