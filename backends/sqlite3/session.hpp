#pragma once
// SOCI's session with a SQLite file.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sqlite3/limits.hpp"

struct sqlite3;
namespace soci { class session; }

namespace millrace::sqlite {

/// SOCI owns the session; everything else happens on its handle. SOCI includes sqlite3.h inside a namespace of its own, so no
/// translation unit can have both: session.cpp alone knows SOCI.
class Session {
 public:
  /// @param path  a file or `:memory:`. SQLite looks into the file at the first statement only.
  /// @throws ConnectionError  the file can not be opened
  explicit Session(const std::string& path);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ::sqlite3* handle() const { return handle_; }
  soci::session* soci() const { return session_.get(); }
  StatementLimits& limits() { return *limits_; }

  /// Called by the connection at each BEGIN, and at each COMMIT and ROLLBACK.
  void began() { ++transactions_; transaction_began_ = std::chrono::system_clock::now(); }
  void ended() { ++transactions_; transaction_began_.reset(); }
  std::optional<std::chrono::system_clock::time_point> transaction_began() const { return transaction_began_; }
  /// Changes whenever a transaction begins or ends: whoever belongs to one can tell that it is gone.
  std::uint64_t transactions() const { return transactions_; }

 private:
  std::optional<std::chrono::system_clock::time_point> transaction_began_;
  std::uint64_t transactions_ = 0;
  std::unique_ptr<soci::session> session_;
  ::sqlite3* handle_ = nullptr;
  std::optional<StatementLimits> limits_;
};

/// The connect string by which SOCI opens exactly this path.
/// @throws ConfigError  a path with '=' and '"' where SQLite was built without URIs
std::string connect_string(const std::string& path);

}  // namespace millrace::sqlite
