#include "sqlite3/session.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "common/soci_session.hpp"
#include "millrace/access/config.hpp"
#include "millrace/access/error.hpp"

namespace millrace::sqlite {
namespace {

// Every byte but the unreserved ones and '/' as %XX.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    uri += percent_encode(std::string_view(path).substr(begin, end - begin));
    if (end < path.size()) uri += '/';
    begin = end + 1;
  }
  return uri;
}

[[noreturn]] void refuse(const std::string& path, const std::string& reason, int code) {
  ErrorInfo info;
  info.code = ErrorCode::connection_refused;
  info.message = "cannot open the database file " + path + ": " + reason;
  info.native_code = code;
  info.backend = "sqlite3";
  throw ConnectionError(std::move(info));
}

std::unique_ptr<soci::session> open(const std::string& path) {
  try {
    return backends::open_soci_session(soci::sqlite3, connect_string(path));
  } catch (const soci::sqlite3_soci_error& error) {
    refuse(path, error.what(), error.result());
  } catch (const soci::soci_error& error) {
    refuse(path, error.what(), 0);
  }
}

}  // namespace

// SOCI takes a string without '=' as the path itself, else reads key=value pairs, a quoted value up to the next double quote.
// SQLite takes names that begin with "file:" or ':' for something else than a path, which "./" prevents.
std::string connect_string(const std::string& path) {
  if (path == ":memory:") return path;
  const std::string file = path.starts_with('/') ? path : "./" + path;
  if (file.find('=') == std::string::npos) return file;
  if (file.find('"') == std::string::npos) return "dbname=\"" + file + "\"";
  if (sqlite_api::sqlite3_compileoption_used("USE_URI")) return uri_of(file);
  throw ConfigError("the path " + path + " has both '=' and '\"', which this build of SQLite can not be told; rename the file or use a link");
}

Session::Session(const std::string& path) : session_(open(path)) {
  auto* const backend = static_cast<soci::sqlite3_session_backend*>(backends::native_backend(*session_, "sqlite3"));
  handle_ = reinterpret_cast<::sqlite3*>(backend->conn_);
  limits_.emplace(handle_);
}

Session::~Session() = default;

}  // namespace millrace::sqlite
