#pragma once
// How to reach a database: URLs, the places they are looked for, and passwords that can not be printed.

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// A password. It can not be streamed or formatted; reveal() is the one way to its text.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  /// Replaces the secret, its percent-encoded form and, since clients quote pieces of a malformed URL, its longer parts in `message` by ***.
  std::string scrub(std::string message) const;
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;
  std::string text_;
};

/// How far a connection is encrypted and the server checked. Named as libpq's sslmode.
enum class TlsMode : unsigned char {
  driver_default,  ///< what the URL's parameters or the driver say
  disable, prefer, require,
  verify_ca,       ///< encrypted, and the certificate comes from a trusted authority
  verify_full      ///< the same, and it names the host that was asked for
};
std::string_view to_string(TlsMode mode);                              ///< "verify-full"
std::optional<TlsMode> parse_tls_mode(std::string_view text);          ///< nullopt: no such mode

struct TlsConfig {
  TlsMode mode = TlsMode::driver_default;
  std::string root_certificate;  ///< path of the trusted authorities; empty = the driver's default
  std::string certificate;       ///< path of the client's certificate, and of its key
  std::string key;
  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

/// Where configuration is looked for, strongest first: `url`, the environment, the `.env` file, the JSON file, the defaults. What a program sets
/// afterwards wins over all of them. docs/configuration.md lists every key and variable.
struct ConfigSources {
  std::string url;                      ///< what the user typed; empty = look further
  std::string url_name;                 ///< what messages call it: "--to"
  std::function<std::optional<std::string>(const std::string& name)> environment;  ///< default: the process's
  std::optional<std::string> env_file;  ///< default: ".env" of the current directory, which may be missing; a file that is named must exist; "" = none
  std::string json_file;                ///< must exist where it is named
  std::optional<std::string> json;      ///< the text itself; json_file is then only its name in messages
};

/// Where a database is and how to log in. Parsed by us before any driver sees it.
struct ConnectionConfig {
  std::string scheme;    ///< "postgresql", "sqlite", ...; DriverRegistry maps it to a driver
  std::string host;      ///< may be a comma-separated list where the driver allows it; empty = the driver's default
  std::string port;      ///< like host; empty = the driver's default
  std::string database;  ///< SQLite: the path
  std::string user;
  Secret password;
  bool has_password = false;               ///< an empty password differs from none
  std::map<std::string, std::string> parameters;  ///< decoded "?key=value" pairs; for odbc: the string, without its PWD, under "connection"
  bool create_database = false;            ///< SQLite: a missing file is made instead of being an error
  // Where these are set they win over the URL's parameters.
  TlsConfig tls;
  std::optional<std::chrono::milliseconds> connect_timeout;    ///< to open one connection; default 10 s. How long to wait for a pooled one is PoolOptions::acquire_timeout
  std::optional<std::chrono::milliseconds> statement_timeout;  ///< of every statement of a session; default the server's. Loads switch it off

  /// Reads `postgresql://user:password@host:port/db?key=value`, `sqlite:PATH`, `odbc:CONNECTION STRING`, `db2://...`, `db2:DATABASE=...;HOSTNAME=...`.
  ///
  /// Server URLs follow libpq: percent-encoding is decoded, IPv6 hosts stand in brackets, hosts may be a list (`h1:5432,h2:5433`), a
  /// directory of Unix sockets is a host (`%2Ftmp` or `?host=/tmp`), every part may be empty, and the parameters host, port, user,
  /// password and dbname replace what the URL says before them. More strictly than libpq, `@` (but for the one before the host) and `#`
  /// must be percent-encoded, since they show that a password was not.
  /// A SQLite path is taken verbatim: nothing is decoded, and a `?` belongs to it. `sqlite:///abs` and `sqlite:/abs` are the same file.
  /// Of a Db2 keyword string DATABASE, HOSTNAME, PORT, UID and PWD become parts, PROTOCOL is dropped, and all other keywords are parameters.
  /// An ODBC string is kept, but its PWD is moved to `password`; a value with a semicolon needs braces.
  /// @throws ConfigError  what is wrong and where; nothing of the URL is quoted but a scheme that is known, so that no piece of a password can be
  static ConnectionConfig from_url(std::string_view url);
  /// What DatabaseConfig::from() finds, for programs that need no pool: the variables and JSON keys of a connection alone. Of a JSON file with
  /// other sections it is checked that their keys exist and that their values have the right types.
  /// @throws ConfigError  like DatabaseConfig::from()
  static ConnectionConfig from(const ConfigSources& sources = {});
  /// The URL again, percent-encoded where needed, without the password: for messages and the report.
  std::string display() const;
  /// The URL with its password: from_url() gives this configuration again (but for what a URL can not say: create_database, tls, time-outs).
  std::string url_with_password() const;
  /// @throws ConfigError  names the part that is missing, out of range or contradicts another, as the JSON section "connection" calls it; no value is quoted
  void validate() const;

  friend bool operator==(const ConnectionConfig&, const ConnectionConfig&) = default;
};

std::string percent_encode(std::string_view text);
/// @throws ConfigError  a broken %xx sequence or an encoded NUL
std::string percent_decode(std::string_view text);

}  // namespace millrace
