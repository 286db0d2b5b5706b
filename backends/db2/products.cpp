#include "db2/products.hpp"

#include "common/statement_words.hpp"
#include "products/db2/catalog.hpp"
#include "products/db2/dialect.hpp"
#include "products/db2/session_state.hpp"
#include "products/db2/sqlstate.hpp"
#include "products/derby/catalog.hpp"
#include "products/derby/dialect.hpp"

namespace millrace::cli_db2 {
namespace {

// IBM's own type codes, which ODBC has not.
constexpr SQLSMALLINT kBlob = -98, kClob = -99, kDbclob = -350, kDecfloat = -360, kXml = -370, kGraphic = -95, kVargraphic = -96, kLongVargraphic = -97, kBoolean = 16;

/// What both have: the protocol's SQLSTATEs, the way values travel, transactions that begin by themselves.
class Db2Product : public Product {
 public:
  explicit Db2Product(bool one_way_cancel) : one_way_cancel_(one_way_cancel) {}

  std::string_view backend() const override { return kBackend; }
  std::string ping() const override { return "SELECT 1 FROM SYSIBM.SYSDUMMY1"; }   // must return a row: a stale connection answers with none

  Manners manners() const override {
    Manners manners;
    manners.stores_nan = false;
    manners.keeps_other_rows = true;
    manners.zoned_timestamps = false;
    manners.timeout_attribute = true;
    manners.one_way_cancel = one_way_cancel_;
    return manners;
  }

  void interpret(const Diagnostic& record, ErrorInfo& info) const override {
    db2::interpret(record.sqlstate, record.native, record.message, info);
  }

  bool ends_transaction(const ErrorInfo& error) const override { return error.sqlstate.starts_with("40"); }

  SqlType result_type(const ResultDescription& column) const override {
    switch (column.sql_type) {
      case kBlob: return {TypeKind::binary, 0, 0, 0, column.type_name};
      case kClob:
      case kDbclob:
      case kXml:
      case kLongVargraphic: return {TypeKind::text, 0, 0, 0, column.type_name};
      case kGraphic:
      case kVargraphic: return {TypeKind::varchar, 0, 0, 0, column.type_name};
      case kDecfloat: return {TypeKind::decimal, 0, 0, 0, column.type_name};
      case kBoolean: return {TypeKind::boolean, 0, 0, 0, column.type_name};
      default: return Product::result_type(column);
    }
  }

  Statements baseline(const ConnectionConfig&) const override { return {}; }

  Statements begin(const TransactionOptions& options) const override {
    if (options.read_only) throw_unsupported(kBackend, "Db2 has no read-only transactions: leave read_only out");
    if (const std::string isolation = db2::isolation_statement(options.isolation); !isolation.empty()) return {isolation};
    return {};
  }
  Statements after(const TransactionOptions& options) const override {
    if (options.isolation == Isolation::server_default) return {};
    return {db2::kDefaultIsolation};
  }

 protected:
  /// Where CURRENTSCHEMA has taken the session.
  static std::string back_to_schema(const ConnectionConfig& config) {
    const auto found = config.parameters.find("currentschema");
    return "SET CURRENT SCHEMA = " + (found == config.parameters.end() ? std::string("USER") : db2::Db2Dialect().quote(found->second));
  }

 private:
  const bool one_way_cancel_;
};

class Luw final : public Db2Product {
 public:
  using Db2Product::Db2Product;
  std::unique_ptr<Dialect> dialect() const override { return std::make_unique<db2::Db2Dialect>(); }
  std::optional<TableInfo> describe(Session&, const Ask& ask, const TableName& table) const override { return db2::describe_table(ask, table); }
  Statements for_load(const LoadSession& load) const override { return db2::load_settings(load.lock_timeout); }
  Statements reset(const ConnectionConfig& config) const override {
    Statements statements = db2::reset_statements();
    statements.push_back(back_to_schema(config));
    return statements;
  }
};

class Derby final : public Db2Product {
 public:
  using Db2Product::Db2Product;
  /// Its SQLCODEs are severities: from -30000 on the transaction is gone.
  bool ends_transaction(const ErrorInfo& error) const override { return Db2Product::ends_transaction(error) || error.native_code <= -30000; }
  std::unique_ptr<Dialect> dialect() const override { return std::make_unique<derby::DerbyDialect>(); }
  std::optional<TableInfo> describe(Session&, const Ask& ask, const TableName& table) const override { return derby::describe_table(ask, table); }
  Statements truncate(const Dialect& dialect, const TableName& table, bool cascade) const override {
    if (cascade) return Product::truncate(dialect, table, cascade);
    return {"TRUNCATE TABLE " + dialect.quote(table)};
  }
  Statements reset(const ConnectionConfig&) const override { return {db2::kDefaultIsolation}; }
  /// A schema that does not exist can be where a session begins, and not where it goes: a user has none until the first table is made.
  Conditional conditional_reset(const ConnectionConfig& config) const override {
    const auto found = config.parameters.find("currentschema");
    const std::string home = found == config.parameters.end() ? "USER" : derby::DerbyDialect().string_literal(found->second);
    return {"SELECT 1 FROM SYSIBM.SYSDUMMY1 WHERE CURRENT SCHEMA <> " + home, {back_to_schema(config)}};
  }
};

}  // namespace

std::unique_ptr<Product> product_of(std::string_view name, bool one_way_cancel) {
  if (backends::lowered(name).find("derby") != std::string::npos) return std::make_unique<Derby>(one_way_cancel);
  return std::make_unique<Luw>(one_way_cancel);
}

}  // namespace millrace::cli_db2
