#pragma once
// PostgreSQL servers for tests: private ones, and one that all tests of a ctest run share.

#include <string>
#include <vector>

namespace millrace::test {

/// A cluster of the test's own, gone when the object is; also when the test dies.
class PostgresCluster {
 public:
  struct Options {
    bool password_auth = false;              ///< TCP asks for a SCRAM password; the Unix socket trusts
    std::vector<std::string> settings;       ///< "max_connections=5"
  };

  /// @throws std::runtime_error  no server is installed, or it does not start
  explicit PostgresCluster(const Options& options);
  PostgresCluster() : PostgresCluster(Options{}) {}
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  static bool available();   ///< a server is installed here

  /// The cluster of this run: $MILLRACE_TEST_POSTGRESQL_URL, else that of ctest's fixture, else one for this process.
  /// nullptr when no server is installed: the test must SKIP. Shared with other tests: work in a schema or a database of your own,
  /// and kill nothing but your own sessions with pg_terminate_backend().
  static const PostgresCluster* shared();

  /// The superuser's URL over TCP.
  const std::string& url() const { return url_; }
  /// The same for another database or user; the password is percent-encoded here.
  std::string url_for(const std::string& user, const std::string& password, const std::string& database) const;
  const std::string& port() const { return port_; }

  /// What psql prints for SQL run as the superuser, unaligned, without the last line end.
  /// @throws std::runtime_error  with psql's message
  std::string psql(const std::string& sql, const std::string& database = "postgres") const;

  bool answers() const;   ///< the server takes connections: false while it recovers
  /// kill -9. The whole server restarts itself after it, so never on the shared cluster.
  void kill_backend(const std::string& pid) const;
  void crash();    ///< stops at once, as a power cut would; url() stays the same
  void shut_down();   ///< stops in order: every session is told, and ended
  void resume();   ///< starts again after crash() or shut_down()

 private:
  struct Attach { std::string url; };
  explicit PostgresCluster(const Attach& server);
  void fixture(const std::string& arguments) const;

  std::string directory_;   ///< empty: the server is not ours
  std::string url_;
  std::string admin_url_;   ///< of psql(); through the socket for clusters of our own
  std::string port_;
};

}  // namespace millrace::test
