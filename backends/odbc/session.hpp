#pragma once
// SOCI's session with a driver.

#include <memory>
#include <string>

#include "common/cli/session.hpp"
#include "odbc/product.hpp"

namespace soci { class session; }

namespace millrace::cli_odbc {

inline constexpr std::string_view kBackend = "odbc";

/// SOCI owns the session; everything else happens on its handle.
class OdbcSession final : public Session {
 public:
  /// @throws ConnectionError  one sentence: what was not found or not reached, and what to check
  explicit OdbcSession(const ConnectionConfig& config);
  ~OdbcSession() override;

  soci::session* soci() const { return owner_.get(); }
  const Product& product() const { return *product_; }
  const std::string& product_name() const { return product_name_; }
  const std::string& product_version() const { return product_version_; }
  /// The driver knows that the connection is gone.
  bool dead() const noexcept;
  void run(const Product::Statements& statements);

  void begin() override { begin({}); }
  void begin(const TransactionOptions& options);
  void commit() override;
  void rollback() override;
  SqlType result_type(const ResultDescription& column) const override { return product_->result_type(column); }

 protected:
  void interpret(const Diagnostic& record, ErrorInfo& info) const override;

 private:
  void end_transaction(SQLSMALLINT how);
  void leave_transaction();
  void abandon_transaction() noexcept;
  void check_not_aborted();

  std::unique_ptr<soci::session> owner_;
  std::string product_name_, product_version_;
  std::unique_ptr<Product> product_;
  TransactionOptions options_;       // of the open transaction
};

}  // namespace millrace::cli_odbc
