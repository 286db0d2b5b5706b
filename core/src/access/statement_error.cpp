#include "access/statement_error.hpp"

namespace millrace {
namespace {

constexpr std::size_t kStatementLimit = 200;

}  // namespace

std::string shortened_statement(std::string_view sql) {
  if (sql.size() <= kStatementLimit) return std::string(sql);
  std::size_t keep = kStatementLimit;
  while (keep > 0 && (static_cast<unsigned char>(sql[keep]) & 0xC0) == 0x80) --keep;
  return std::string(sql.substr(0, keep)) + "...";
}

void rethrow_with_statement(const Error& error, std::string_view statement) {
  if (statement.empty() || !error.statement().empty()) throw;
  ErrorInfo info = error.info();
  info.statement = shortened_statement(statement);
  rethrow_as(error, std::move(info));
}

}  // namespace millrace
