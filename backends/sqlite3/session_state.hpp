#pragma once
// What a session's user can change about it, and the way back.

#include <string>
#include <utility>
#include <vector>

struct sqlite3;

namespace millrace::sqlite {

/// The settings of a fresh session, to which restore() takes it back: PRAGMAs of the connection, attached databases, temporary objects,
/// last_insert_rowid().
///
/// Out of its reach are changes() and total_changes(), the heap limits (they are the process's), and what was registered through the native
/// handle: functions, collations, hooks, an authorizer, limits.
class SessionState {
 public:
  /// Reads the settings as they are now.
  explicit SessionState(::sqlite3* db);
  /// @pre no statement is open
  /// @throws DatabaseError  what could not be undone
  void restore();

 private:
  void restore_journal_mode();

  ::sqlite3* db_;
  std::vector<std::pair<const char*, std::string>> settings_;
  std::string journal_mode_;
};

}  // namespace millrace::sqlite
