#pragma once
// A session whose database is known: SOCI owns it, everything else happens on its handle.

#include <memory>
#include <string>

#include "common/cli/product.hpp"
#include "common/cli/session.hpp"

namespace soci { class session; }

namespace millrace::MILLRACE_CLI {

/// A session as a backend has opened it.
struct OpenedSession {
  std::shared_ptr<soci::session> owner;
  SQLHDBC handle = SQL_NULL_HDBC;
  std::string product_name, product_version;   ///< as the driver tells them (SQLGetInfo)
  std::unique_ptr<Product> product;
};

class ProductSession final : public Session {
 public:
  ProductSession(OpenedSession opened, const ConnectionConfig& config);
  ~ProductSession() override;

  soci::session* soci() const { return owner_.get(); }
  const Product& product() const { return *product_; }
  const std::string& product_name() const { return product_name_; }
  const std::string& product_version() const { return product_version_; }
  /// The driver knows that the connection is gone.
  bool dead() const noexcept;
  void run(const Product::Statements& statements);
  bool has_rows(const std::string& query);

  // What a connection's members of the same names ask for.
  void prepare_for_load(const LoadSession& load);
  void change_statement_timeout(std::chrono::milliseconds timeout);
  void reset(const ConnectionConfig& config);

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
  void leave_committed_transaction();
  void abandon_transaction() noexcept;
  void check_not_aborted();

  const std::shared_ptr<soci::session> owner_;
  const std::string product_name_, product_version_;
  const std::unique_ptr<Product> product_;
  const std::chrono::milliseconds configured_timeout_;
  TransactionOptions options_;       // of the open transaction
  mutable bool rolled_back_ = false; // by the server, in the middle of it
  std::optional<std::chrono::milliseconds> timeout_outside_;   // and what it has put in another's place
};

/// A text that SQLGetInfo tells; empty where it tells none.
std::string text_info(SQLHDBC handle, SQLUSMALLINT what);

}  // namespace millrace::MILLRACE_CLI
