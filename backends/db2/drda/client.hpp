#pragma once
// A client of DRDA servers (Db2 for LUW, Apache Derby): one connection, its statements, its cursors.
//
// Sources: The Open Group, DRDA Version 5, volumes 1 (C112, the architecture), 2 (C113, FD:OCA) and 3 (C114, DDM).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::drda {

struct TlsOptions {
  bool enabled = false;
  std::string ca_file;             ///< PEM; empty: the system's authorities
  bool verify_host = true;         ///< the certificate names the host that was asked for
};

struct ConnectOptions {
  std::string host;
  std::uint16_t port = 50000;
  std::string database;            ///< RDBNAM; Derby: may carry attributes, "name;create=true"
  std::string user;
  std::string password;
  TlsOptions tls;
  std::chrono::milliseconds connect_timeout{10'000};   ///< for all of it: name, TCP, TLS, login
  std::chrono::milliseconds answer_timeout{0};         ///< of one exchange, see set_answer_timeout(); 0: none
  std::string application = "millrace";                ///< EXTNAM
};

/// What the server said about one command (SQLCA).
struct Sqlca {
  std::int32_t code = 0;           ///< < 0: an error; > 0: a warning; +100: no row
  std::string state = "00000";
  std::string message;             ///< one line, the server's text where it sends one, else its tokens
  std::int64_t rows = 0;           ///< rows changed (SQLERRD3)
  bool failed() const { return code < 0; }
};

/// What went wrong, in CLI's terms.
///
/// SQLSTATEs of the client's own: 08001 can not connect (refused, unknown host, no DRDA server, time-out of the login, TLS), 28000 user or password refused,
/// 08004 the database is unknown or refuses, 08S01 the connection is gone, HYT00 the answer did not come in time, 57014 cancelled by abort(), 58009 the server's bytes
/// break the protocol, HY000 anything else.
class Failure : public std::runtime_error {
 public:
  Failure(Sqlca sqlca, bool connection_gone) : std::runtime_error(sqlca.message), sqlca_(std::move(sqlca)), gone_(connection_gone) {}
  const Sqlca& sqlca() const { return sqlca_; }
  bool connection_gone() const { return gone_; }   ///< every later call fails as well

 private:
  Sqlca sqlca_;
  bool gone_;
};

enum class Kind : std::uint8_t { smallint, integer, bigint, real, double_precision, decimal, text, bytes, clob, blob, date, time, timestamp, boolean, other };

/// A result's column, or a parameter as the server sees it.
struct Column {
  std::string name;
  Kind kind = Kind::other;
  int sql_type = 0;                ///< Db2's SQLTYPE without the bit for NULL: 448 VARCHAR, 496 INTEGER, ...
  bool nullable = true;
  bool fixed_length = false;       ///< CHAR, BINARY
  std::int64_t length = 0;         ///< bytes of texts, bytes and LOBs
  int precision = 0;               ///< of decimals
  int scale = 0;                   ///< of decimals; of timestamps the digits of the second
};

/// How a parameter travels. Texts become whatever the column is on the server: decimals and timestamps are exact that way.
struct ParameterType {
  Kind kind = Kind::text;          ///< smallint, integer, bigint, real, double_precision, decimal, text, bytes, clob, blob
  int precision = 0, scale = 0;    ///< of decimals
  /// Bytes of the longest value. Texts and bytes of more than kLongestInline go as clob and blob do, outside of the row.
  std::uint32_t length = 0;
};
inline constexpr std::uint32_t kLongestInline = 32'700;

/// Takes one row's values, in the parameters' order. Each call is one parameter; the call must fit its type.
class RowWriter {
 public:
  virtual void null() = 0;
  virtual void integer(std::int64_t value) = 0;          ///< smallint, integer, bigint: it must be in range
  virtual void number(double value) = 0;                 ///< real, double_precision
  virtual void decimal(std::string_view text) = 0;       ///< "-12.30"; @throws Failure 22003, 22018
  virtual void text(std::string_view utf8) = 0;          ///< text, clob
  virtual void bytes(std::span<const std::byte> value) = 0;   ///< bytes, blob

 protected:
  ~RowWriter() = default;
};
/// Writes row `index` of an array, every parameter once.
using FillRow = std::function<void(RowWriter& row, std::size_t index)>;

/// A cell of a cursor's current row. The views live until the next row.
class Cell {
 public:
  virtual bool is_null() const = 0;
  /// Any kind as text: decimals in full, dates and times as ISO 8601 with '-' ':' '.', doubles with 17 digits where they are needed, bytes as hexadecimal digits.
  virtual std::string_view as_text() const = 0;
  virtual std::span<const std::byte> as_bytes() const = 0;   ///< of bytes, blob; of texts their UTF-8
  virtual std::int64_t as_integer() const = 0;               ///< of smallint, integer, bigint, boolean
  virtual double as_number() const = 0;                      ///< of real, double_precision and the integers

 protected:
  ~Cell() = default;
};

class Client;

/// A prepared statement. It must not outlive its client.
class Statement {
 public:
  virtual ~Statement() = default;                                   ///< frees its section; sends nothing but the CLSQRY of an open cursor
  virtual const std::vector<Column>& columns() const = 0;           ///< of the result; empty: it has none
  virtual std::size_t parameter_count() const = 0;                  ///< markers; asks the server the first time it is called

  /// Runs it once. +100 is no failure. @throws Failure
  virtual Sqlca execute(const std::vector<ParameterType>& types, const FillRow& fill) = 0;

  /// Runs it for `rows` rows, in one chain of commands, reading replies while it sends. A row that fails does not stop the later ones.
  /// @return one Sqlca a row. @throws Failure  the connection is gone or the protocol broken; what was done is then unknown until the transaction's end
  virtual std::vector<Sqlca> execute_array(const std::vector<ParameterType>& types, std::size_t rows, const FillRow& fill) = 0;

  /// Opens the cursor of a query.
  virtual void open(const std::vector<ParameterType>& types, const FillRow& fill) = 0;
  virtual bool fetch() = 0;                                         ///< the next row; false behind the last. @throws Failure
  virtual const Cell& cell(std::size_t column) const = 0;           ///< of the current row
  virtual void close() = 0;                                         ///< the cursor, if it is open
  /// Columns are known from prepare(); after a COMMIT or ROLLBACK the server may have forgotten the statement, which the client prepares again by itself.

 protected:
  Statement() = default;
};

struct Server {
  std::string class_name;          ///< SRVCLSNM: "Apache Derby", "QDB2/LINUXX8664"
  std::string product;             ///< PRDID: "CSS10140", "SQL11055"
  std::string release;             ///< SRVRLSLV
  bool is_derby = false;
};

/// @thread_safety  One thread at a time, except abort().
class Client {
 public:
  /// @throws Failure  with one sentence that names host and port
  static std::unique_ptr<Client> connect(const ConnectOptions& options);
  virtual ~Client() = default;     ///< closes; an open transaction is the server's to roll back

  virtual const Server& server() const = 0;
  virtual std::unique_ptr<Statement> prepare(std::string_view sql) = 0;
  virtual Sqlca execute_immediate(std::string_view sql) = 0;        ///< a statement without markers and result. @throws Failure
  virtual void commit() = 0;                                        ///< @throws Failure  connection_gone(): nobody knows whether it took effect
  virtual void rollback() = 0;

  /// How long an exchange may take between two arrivals of bytes; 0: for ever. When it is over the connection is closed (HYT00).
  virtual void set_answer_timeout(std::chrono::milliseconds timeout) = 0;
  /// Ends what another thread waits for, by closing the connection: that call fails with 57014. Any thread.
  virtual void abort() noexcept = 0;
  virtual bool is_open() const noexcept = 0;

 protected:
  Client() = default;
};

}  // namespace millrace::drda
