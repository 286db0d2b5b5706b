#include "odbc/products.hpp"
#include "odbc/sqlstate.hpp"
#include "products/sqlite3/affinity.hpp"
#include "products/sqlite3/catalog.hpp"
#include "products/sqlite3/dialect.hpp"
#include "products/sqlite3/messages.hpp"

namespace millrace::cli_odbc {
namespace {

constexpr int kBusy = 5;   // SQLITE_BUSY

class Sqlite final : public OdbcProduct {
 public:
  std::unique_ptr<Dialect> dialect() const override { return std::make_unique<Marked<sqlite::SqliteDialect>>(false); }

  Manners manners() const override {
    Manners manners;
    manners.stores_nan = false;
    manners.stale_row_counts = true;   // sqlite3_changes() keeps its value over statements that change no rows
    manners.binary_arrays = false;     // in an array the driver takes the first row's length for all of them
    manners.safe_cancel = false;       // the driver closes the statement under the thread that runs it
    return manners;
  }

  // The driver has one SQLSTATE, HY000, for all that SQLite says.
  void interpret(const Diagnostic& record, ErrorInfo& info) const override {
    SqlStateMeaning meaning = sqlite::meaning_of_message(record.message);
    if (record.native == kBusy) meaning = sqlite::meaning_of_message("database is locked");   // the driver has no words for it where it waited itself
    if (meaning.code != ErrorCode::unknown) info.sqlstate = meaning.sqlstate;
    else if (record.sqlstate != "HY000") meaning = odbc_meaning_of(record.sqlstate);
    info.code = meaning.code;
    info.safe_to_retry = meaning.safe_to_retry;
    info.poisons_connection = meaning.poisons_connection;
    if (info.message.ends_with(")")) {   // "... (19)": the result code, which is the native code
      const std::string code = " (" + std::to_string(record.native) + ")";
      if (info.message.ends_with(code)) info.message.resize(info.message.size() - code.size());
    }
    sqlite::add_culprit(info);
  }

  // The driver names the declared type without its parameters: a decimal whose scale is not known keeps its own digits.
  SqlType result_type(const ResultDescription& column) const override {
    SqlType type = sqlite::declared_type(column.type_name);
    if (type.kind == TypeKind::varchar || type.kind == TypeKind::character) type.length = 0;
    return type;
  }

  std::optional<TableInfo> describe(Session&, const Ask& ask, const TableName& table) const override { return sqlite::describe_table(ask, nullptr, table); }

  Statements baseline(const ConnectionConfig& config) const override {
    Statements statements = Product::baseline(config);
    statements.insert(statements.end(), {"PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 30000"});
    return statements;
  }
  Statements reset(const ConnectionConfig& config) const override { return baseline(config); }
  Statements for_load(const LoadSession& load) const override { return {"PRAGMA busy_timeout = " + std::to_string(load.lock_timeout.count()), "PRAGMA cache_size = -16384"}; }
  Statements statement_timeout(std::chrono::milliseconds timeout) const override {
    if (timeout.count() == 0) return {};
    throw_unsupported(kBackend, "SQLite's ODBC driver has no statement time-out: leave it out, or use the sqlite backend (sqlite:PATH), which has one");
  }

  // A deferred BEGIN would fail at once where two sessions write, and never wait.
  bool begins_by_statement() const override { return true; }
  Statements begin(const TransactionOptions& options) const override {
    if (options.statement_timeout) statement_timeout(*options.statement_timeout);
    if (options.read_only) return {"BEGIN", "PRAGMA query_only = ON"};
    return {"BEGIN IMMEDIATE"};
  }
  Statements after(const TransactionOptions& options) const override {
    if (options.read_only) return {"PRAGMA query_only = OFF"};
    return {};
  }
};

}  // namespace

std::unique_ptr<Product> make_sqlite() { return std::make_unique<Sqlite>(); }

}  // namespace millrace::cli_odbc
