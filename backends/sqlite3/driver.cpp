#include <filesystem>
#include <system_error>

#include <sqlite3.h>
#include <unistd.h>

#include "millrace/backends.hpp"
#include "sqlite3/connection.hpp"
#include "sqlite3/errors.hpp"
#include "sqlite3/statement.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMemory = ":memory:";

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw ConnectionError(sqlite::error_info(ErrorCode::connection_refused, "cannot open the SQLite database " + path + ": " + reason));
}

// SQLite would make an empty database of a mistyped path, and say "unable to open database file" to most of the rest.
void check_file(const std::string& path, bool create) {
  if (path.empty()) throw ConfigError("the SQLite URL names no file: write sqlite:PATH, or sqlite::memory: for a database in memory");
  if (path.find('\0') != std::string::npos) throw ConfigError("the path of the SQLite database contains a NUL byte");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (!create) refuse(path, "there is no such file; check the path; a load with --create makes a new database");
    const fs::path directory = fs::path(path).parent_path();
    if (!directory.empty() && !fs::is_directory(directory, error)) refuse(path, "its directory does not exist; create it first");
    return;
  }
  if (error) refuse(path, error.message() + "; check the rights on its directories");
  if (fs::is_directory(status)) refuse(path, "this is a directory; name a file in it");
  if (!fs::is_regular_file(status)) refuse(path, "this is not a regular file");
  if (access(path.c_str(), R_OK) != 0) refuse(path, "this user may not read it; check the file's rights");
}

// SQLite looks into the file at the first statement.
std::unique_ptr<Connection> open(const std::string& path) {
  auto session = std::make_shared<sqlite::Session>(path);
  auto connection = std::make_unique<sqlite::SqliteConnection>(session);
  try {
    sqlite::run(session->handle(), "PRAGMA schema_version");
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    const bool foreign = (info.native_code & 0xff) == SQLITE_NOTADB;
    info.message = "cannot open the SQLite database " + path + ": " + (foreign ? "the file is not a SQLite database (or it is encrypted); check the path" : info.message);
    if (!info.safe_to_retry) info.code = ErrorCode::connection_refused;
    throw ConnectionError(std::move(info));
  }
  return connection;
}

class SqliteDriver final : public Driver {
 public:
  std::string_view name() const override { return sqlite::kBackend; }
  std::vector<std::string_view> schemes() const override { return {"sqlite", "sqlite3"}; }
  DriverTraits traits() const override {
    DriverTraits traits;
    traits.concurrent_writers = false;
    traits.stores_nan = false;
    return traits;
  }
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const override {
    if (config.database != kMemory) check_file(config.database, config.create_database);
    return open(config.database);
  }
};

}  // namespace

void register_sqlite3_backend(DriverRegistry& registry) { registry.add(std::make_shared<SqliteDriver>()); }

}  // namespace millrace
