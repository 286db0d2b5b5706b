#pragma once
// SOCI's session with a SQLite file.

#include <memory>
#include <string>

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

 private:
  std::unique_ptr<soci::session> session_;
  ::sqlite3* handle_ = nullptr;
};

/// The connect string by which SOCI opens exactly this path.
/// @throws ConfigError  a path with '=' and '"' where SQLite was built without URIs
std::string connect_string(const std::string& path);

}  // namespace millrace::sqlite
