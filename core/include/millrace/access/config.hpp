#pragma once
// How to reach a database: URLs, and passwords that can not be printed.

#include <iosfwd>
#include <map>
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

  /// Reads `postgresql://user:password@host:port/db?key=value`, `sqlite:PATH`, `odbc:CONNECTION STRING`, `db2://...`.
  ///
  /// Server URLs follow libpq: percent-encoding is decoded, IPv6 hosts stand in brackets, hosts may be a list (`h1:5432,h2:5433`), a
  /// directory of Unix sockets is a host (`%2Ftmp` or `?host=/tmp`), every part may be empty, and the parameters host, port, user,
  /// password and dbname replace what the URL says before them. More strictly than libpq, `@` (but for the one before the host) and `#`
  /// must be percent-encoded, since they show that a password was not.
  /// A SQLite path is taken verbatim: nothing is decoded, and a `?` belongs to it. `sqlite:///abs` and `sqlite:/abs` are the same file.
  /// An ODBC string is kept, but its PWD is moved to `password`; a value with a semicolon needs braces.
  /// @throws ConfigError  what is wrong and where; nothing of the URL but its scheme is quoted, so that no piece of a password can be
  static ConnectionConfig from_url(std::string_view url);
  /// The URL again, percent-encoded where needed, without the password: for messages and the report.
  std::string display() const;

  friend bool operator==(const ConnectionConfig&, const ConnectionConfig&) = default;
};

std::string percent_encode(std::string_view text);
/// @throws ConfigError  a broken %xx sequence or an encoded NUL
std::string percent_decode(std::string_view text);

}  // namespace millrace
