#include "common/cli/product.hpp"

#include <algorithm>

namespace millrace::MILLRACE_CLI {
namespace {

SqlType number_type(const ResultDescription& column) {
  const auto precision = static_cast<int>(std::min<SQLULEN>(column.size, 1000));
  return precision == 0 ? SqlType::of(TypeKind::decimal) : SqlType::decimal(precision, column.scale);
}

}  // namespace

void throw_unsupported(std::string_view backend, const std::string& what) {
  ErrorInfo info;
  info.code = ErrorCode::unsupported;
  info.message = what;
  info.backend = backend;
  throw_error(std::move(info));
}

// By the concise type codes of ODBC's reference, appendix D.
SqlType Product::result_type(const ResultDescription& column) const {
  const auto of = [&](TypeKind kind) { return SqlType{kind, 0, 0, 0, column.type_name}; };
  SqlType type;
  switch (column.sql_type) {
    case SQL_BIT: return of(TypeKind::boolean);
    case SQL_TINYINT:
    case SQL_SMALLINT: return of(TypeKind::smallint);
    case SQL_INTEGER: return of(TypeKind::integer);
    case SQL_BIGINT: return of(TypeKind::bigint);
    case SQL_REAL: return of(TypeKind::real);
    case SQL_FLOAT:
    case SQL_DOUBLE: return of(TypeKind::double_precision);
    case SQL_NUMERIC:
    case SQL_DECIMAL: type = number_type(column); break;
    case SQL_CHAR:
    case SQL_WCHAR: type = SqlType::character(static_cast<int>(std::min<SQLULEN>(column.size, 1 << 20))); break;
    case SQL_VARCHAR:
    case SQL_WVARCHAR: type = SqlType::varchar(static_cast<int>(std::min<SQLULEN>(column.size, 1 << 20))); break;
    case SQL_LONGVARCHAR:
    case SQL_WLONGVARCHAR: return of(TypeKind::text);
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY: return of(TypeKind::binary);
    case SQL_TYPE_DATE:
    case SQL_DATE: return of(TypeKind::date);
    case SQL_TYPE_TIME:
    case SQL_TIME: return of(TypeKind::time);
    case SQL_TYPE_TIMESTAMP:
    case SQL_TIMESTAMP: return of(TypeKind::timestamp);
    case SQL_GUID: return of(TypeKind::uuid);
    default: return of(TypeKind::other);
  }
  type.native = column.type_name;
  return type;
}

std::string Product::packed_insert(const Dialect&, const TableName&, const std::vector<ColumnInfo>&) const { return {}; }

Product::Statements Product::baseline(const ConnectionConfig& config) const {
  if (config.statement_timeout) return statement_timeout(*config.statement_timeout);
  return {};
}

Product::Statements Product::reset(const ConnectionConfig&) const { return {}; }
Product::Statements Product::for_load(const LoadSession&) const { return {}; }

Product::Statements Product::statement_timeout(std::chrono::milliseconds timeout) const {
  if (timeout.count() == 0) return {};
  throw_unsupported(backend(), "there is no statement time-out that works through every driver: set one in the data source, or leave it out");
}

Product::Statements Product::begin(const TransactionOptions& options) const {
  if (options.statement_timeout) statement_timeout(*options.statement_timeout);
  Statements statements;
  switch (options.isolation) {
    case Isolation::read_committed: statements.emplace_back("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"); break;
    case Isolation::repeatable_read: statements.emplace_back("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); break;
    case Isolation::serializable: statements.emplace_back("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"); break;
    case Isolation::server_default: break;
  }
  if (options.read_only) throw_unsupported(backend(), "read-only transactions do not work through every driver: leave read_only out");
  return statements;
}

Product::Statements Product::after(const TransactionOptions&) const { return {}; }

Product::Statements Product::truncate(const Dialect& dialect, const TableName& table, bool cascade) const {
  if (cascade) throw_unsupported(backend(), "this database has no TRUNCATE .. CASCADE: empty the tables that refer to " + to_string(table) + " first");
  return {"DELETE FROM " + dialect.quote(table)};
}

}  // namespace millrace::MILLRACE_CLI
