#include "odbc/catalog.hpp"
#include "odbc/products.hpp"
#include "odbc/sqlstate.hpp"

namespace millrace::cli_odbc {
namespace {

class Other final : public OdbcProduct {
 public:
  Other(std::unique_ptr<Dialect> dialect, std::string ping) : dialect_(std::move(dialect)), ping_(std::move(ping)) {}

  std::unique_ptr<Dialect> dialect() const override { return dialect_->clone(); }
  std::string ping() const override { return ping_; }
  std::optional<TableInfo> describe(Session& session, const Ask&, const TableName& table) const override { return describe_by_functions(session, table); }

  void interpret(const Diagnostic& record, ErrorInfo& info) const override {
    const SqlStateMeaning meaning = odbc_meaning_of(record.sqlstate);
    info.code = meaning.code;
    info.safe_to_retry = meaning.safe_to_retry;
    info.poisons_connection = meaning.poisons_connection;
  }

 private:
  std::unique_ptr<Dialect> dialect_;
  std::string ping_;
};

}  // namespace

std::unique_ptr<Product> make_other(std::unique_ptr<Dialect> dialect, std::string ping) { return std::make_unique<Other>(std::move(dialect), std::move(ping)); }

}  // namespace millrace::cli_odbc
