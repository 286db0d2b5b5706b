#include <filesystem>
#include <system_error>

#include <sqlite3.h>
#include <unistd.h>

#include "millrace/backends.hpp"
#include "sqlite3/connection.hpp"
#include "sqlite3/errors.hpp"

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

std::unique_ptr<Connection> open(const ConnectionConfig& config) {
  auto session = std::make_shared<sqlite::Session>(config.database);
  try {
    return std::make_unique<sqlite::SqliteConnection>(std::move(session), config.statement_timeout.value_or(std::chrono::milliseconds(0)));
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    if ((info.native_code & 0xff) == SQLITE_NOTADB) info.message = "the file is not a SQLite database (or it is encrypted); check the path";
    info.message = "cannot open the SQLite database " + config.database + ": " + info.message;
    if (!info.safe_to_retry) info.code = ErrorCode::connection_refused;
    throw ConnectionError(std::move(info));
  }
}

// A file is as safe as its file system; who asks for more has another server in mind.
void check_tls(const TlsConfig& tls) {
  const bool harmless = tls.mode == TlsMode::driver_default || tls.mode == TlsMode::disable || tls.mode == TlsMode::prefer;
  if (harmless && tls.root_certificate.empty() && tls.certificate.empty() && tls.key.empty()) return;
  throw ConfigError("SQLite has no TLS, since it reads a file and no network: leave the TLS settings" +
                    (harmless ? std::string() : " (" + std::string(to_string(tls.mode)) + ")") + " out, or check the URL");
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
    check_tls(config.tls);
    if (config.database != kMemory) check_file(config.database, config.create_database);
    return open(config);
  }
};

}  // namespace

void register_sqlite3_backend(DriverRegistry& registry) { registry.add(std::make_shared<SqliteDriver>()); }

}  // namespace millrace
