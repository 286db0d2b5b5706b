#pragma once
// Apache Derby's network server, a real server of Db2's protocol (DRDA), for tests: private ones, and one that all tests of a ctest run share.

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::test {

/// A server of the test's own on a free loopback port, gone when the object is; also when the test dies. It demands a login.
class DerbyServer {
 public:
  enum class Storage : unsigned char {
    memory,   ///< databases are new after crash() and shut_down(), and lie in the heap
    disk      ///< they survive crash(); nothing waits for the disk
  };
  struct Options {
    bool tls = false;                              ///< nothing unencrypted is answered; see ca_file()
    Storage storage = Storage::memory;
    int lock_timeout_s = 2;                        ///< 40XL1 after it
    int deadlock_timeout_s = 1;                    ///< deadlocks are looked for after it: 40001
    std::int64_t escalation_threshold = 1'000'000; ///< row locks of a transaction before it takes the table's; Derby's own default is 5,000
    int heap_mb = 256;
    std::vector<std::string> settings;             ///< lines of derby.properties: "derby.user.other=secret"
  };

  /// @throws std::runtime_error  no server is installed, or it does not start
  explicit DerbyServer(const Options& options);
  DerbyServer() : DerbyServer(Options{}) {}
  ~DerbyServer();
  DerbyServer(const DerbyServer&) = delete;
  DerbyServer& operator=(const DerbyServer&) = delete;

  static bool available();   ///< a server is installed here
  static std::string how_to_get();

  /// The server of this run: $MILLRACE_TEST_DB2_URL (any DRDA server), else $MILLRACE_TEST_DERBY_URL (a Derby), else that of ctest's fixture, else one
  /// for this process, with databases on disk. nullptr when no server is installed: the test must SKIP. Shared with other tests: work in a schema or a
  /// database of your own.
  static const DerbyServer* shared();

  /// db2://USER:PASSWORD@HOST:PORT/DATABASE. The database exists.
  const std::string& url() const { return url_; }
  /// The same for another database, and user; everything is percent-encoded here. "NAME;create=true" makes a missing database with the first connection.
  std::string url_for(const std::string& database) const;
  std::string url_for(const std::string& user, const std::string& password, const std::string& database) const;
  const std::string& port() const { return port_; }
  /// PEM, of the authority that signed the certificate of "localhost". Empty: no TLS.
  std::string ca_file() const;
  bool is_derby() const { return is_derby_; }   ///< false: MILLRACE_TEST_DB2_URL says what it is

  /// What a database of this server is called in URLs: "memory:NAME" or "NAME".
  std::string database_name(const std::string& name) const;
  /// Makes a database, and says its URL.
  std::string create_database(const std::string& name) const;
  void drop_database(const std::string& name) const;   ///< one in memory, without connections. @throws std::runtime_error

  /// What Derby's own ij, over Derby's own client, prints for statements that ";" separates: echoes, tables and counts.
  /// @param url  whose database and user; empty: url()
  /// @throws std::runtime_error  with ij's messages: a statement failed
  std::string ij(const std::string& sql, const std::string& url = "") const;
  /// The rows of one query as ij prints their values: NULL as "NULL", and blanks at the end of a value are lost.
  /// @throws std::runtime_error  it failed, or a value has a line end
  std::vector<std::vector<std::string>> rows(const std::string& query, const std::string& url = "") const;

  bool answers() const;     ///< the server reacts to a client's first message; takes up to 5 s to say no
  void crash();             ///< stops at once, as a power cut would; url() stays the same
  void shut_down();         ///< stops in order: every session is ended
  void resume();            ///< starts again after crash() or shut_down(), on the same port
  void pause() const;       ///< the process stands still: connections stay, new ones are accepted, and nothing answers
  void unpause() const;     ///< ends pause(): what waited goes on

 private:
  struct Attach { std::string url; bool is_derby; };
  explicit DerbyServer(const Attach& server);
  std::string run_ij(const std::string& jdbc_url, const std::string& sql) const;
  std::string jdbc_url(const std::string& url, const std::string& attributes = "") const;
  void fixture(const std::string& command, const std::string& arguments = "") const;

  std::string directory_;   ///< empty: the server is not ours
  std::string url_;
  std::string port_;
  Storage storage_ = Storage::disk;
  bool is_derby_ = true;
};

}  // namespace millrace::test
