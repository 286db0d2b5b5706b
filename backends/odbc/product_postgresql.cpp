#include <algorithm>

#include "odbc/products.hpp"
#include "odbc/sqlstate.hpp"
#include "products/postgresql/catalog.hpp"
#include "products/postgresql/dialect.hpp"
#include "products/postgresql/session_state.hpp"
#include "products/postgresql/sqlstate.hpp"

namespace millrace::cli_odbc {
namespace {

constexpr int kVersionsPerMajor = 10000;
constexpr SQLULEN kAnyNumeric = 28;      // psqlODBC says this of a numeric without a precision
constexpr SQLULEN kAnyVarchar = 255;     // and this, its MaxVarcharSize, of a varchar without a length

/// The quoted name behind a word: `null value in column "a" of relation "t"`.
std::string name_behind(std::string_view message, std::string_view word) {
  const std::size_t at = message.find(std::string(word) + " \"");
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + word.size() + 2;
  return std::string(message.substr(begin, message.find('"', begin) - begin));
}

class Postgresql final : public OdbcProduct {
 public:
  explicit Postgresql(int major) : major_(major) {}

  std::unique_ptr<Dialect> dialect() const override { return std::make_unique<Marked<postgresql::PostgresDialect>>(major_); }

  Manners manners() const override {
    Manners manners;
    manners.exact_doubles = false;      // psqlODBC prints 15 digits
    manners.total_row_counts = false;
    return manners;
  }

  void interpret(const Diagnostic& record, ErrorInfo& info) const override {
    SqlStateMeaning meaning = postgresql::meaning_of(record.sqlstate);
    if (meaning.code == ErrorCode::unknown || record.sqlstate.starts_with("HY")) meaning = odbc_meaning_of(record.sqlstate);
    info.code = meaning.code;
    info.safe_to_retry = meaning.safe_to_retry;
    info.poisons_connection = meaning.poisons_connection;
    if (info.code == ErrorCode::cancelled && info.message.find("statement timeout") != std::string::npos) info.code = ErrorCode::statement_timeout;
    if (record.sqlstate.starts_with("23")) {
      info.constraint = name_behind(info.message, "constraint");
      if (info.code == ErrorCode::not_null_violation) info.column = name_behind(info.message, "column");
    }
    constexpr std::string_view kPrefix = "ERROR: ";
    if (info.message.starts_with(kPrefix)) info.message.erase(0, kPrefix.size());
    for (const std::string_view noise : {"; Error while executing the query", "; Error while preparing parameters"}) {
      if (const std::size_t at = info.message.rfind(noise); at != std::string::npos) info.message.erase(at);
    }
    constexpr std::string_view kDetail = " DETAIL: ";   // in parentheses, as the postgresql backend has it
    if (const std::size_t at = info.message.find(kDetail); at != std::string::npos) {
      info.detail = info.message.substr(at + kDetail.size());
      info.message.replace(at, std::string::npos, " (" + info.detail + ")");
    }
  }

  SqlType result_type(const ResultDescription& column) const override {
    SqlType type = parse_type(column.type_name);
    if (column.type_name == "unknown") type = SqlType{TypeKind::other, 0, 0, 0, {}};
    if (type.kind == TypeKind::decimal && column.size != kAnyNumeric) type.precision = static_cast<int>(column.size), type.scale = column.scale;
    if ((type.kind == TypeKind::varchar || type.kind == TypeKind::character) && column.size != kAnyVarchar) type.length = static_cast<int>(column.size);
    return type;
  }

  std::optional<TableInfo> describe(Session&, const Ask& ask, const TableName& table) const override { return postgresql::describe_table(ask, table); }
  std::string commit_probe() const override { return "SELECT 1"; }

  // psqlODBC sends the rows of an array as so many INSERTs, each of which the server parses and plans.
  std::string packed_insert(const Dialect& dialect, const TableName& table, const std::vector<ColumnInfo>& columns) const override {
    std::vector<std::string> names;
    std::string arrays;
    for (const ColumnInfo& column : columns) {
      if (column.type.native.ends_with("]")) return {};   // unnest() would take an array of arrays apart to its last element
      names.push_back(column.name);
      arrays += (arrays.empty() ? "" : ", ") + ("CAST(? AS " + dialect.type_name(column.type) + "[])");
    }
    const bool overriding = std::any_of(columns.begin(), columns.end(), [](const ColumnInfo& c) { return c.identity == Identity::always; });
    return "INSERT INTO " + dialect.quote(table) + " (" + dialect.quote_list(names) + ")" + (overriding ? " OVERRIDING SYSTEM VALUE" : "") + " SELECT * FROM unnest(" + arrays + ")";
  }

  Statements baseline(const ConnectionConfig& config) const override { return {settings(config)}; }
  Statements reset(const ConnectionConfig& config) const override { return {"ROLLBACK; " + postgresql::reset_statements(settings(config), false)}; }
  Statements for_load(const LoadSession& load) const override { return {postgresql::load_settings(major_ * kVersionsPerMajor, load.lock_timeout)}; }
  Statements statement_timeout(std::chrono::milliseconds timeout) const override { return {"SET statement_timeout = " + postgresql::timeout_value(timeout)}; }

  Statements begin(const TransactionOptions& options) const override {
    TransactionOptions isolation;
    isolation.isolation = options.isolation;
    Statements statements = Product::begin(isolation);
    if (options.read_only) statements.emplace_back("SET TRANSACTION READ ONLY");
    if (options.statement_timeout) statements.push_back("SET LOCAL statement_timeout = " + postgresql::timeout_value(*options.statement_timeout));
    return statements;
  }

  Statements truncate(const Dialect& dialect, const TableName& table, bool cascade) const override { return {"TRUNCATE " + dialect.quote(table) + (cascade ? " CASCADE" : "")}; }
  bool truncates_cascading() const override { return true; }

 private:
  static std::string settings(const ConnectionConfig& config) { return postgresql::baseline_settings(config) + "; SET application_name TO 'millrace'"; }

  int major_;
};

}  // namespace

std::unique_ptr<Product> make_postgresql(int major) { return std::make_unique<Postgresql>(major); }

}  // namespace millrace::cli_odbc
