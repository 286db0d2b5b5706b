#include "common/cli/product_session.hpp"

#include <utility>

#include <soci/soci.h>

#include "common/cli/statement.hpp"

namespace millrace::MILLRACE_CLI {

std::string text_info(SQLHDBC handle, SQLUSMALLINT what) {
  char text[256] = "";
  SQLSMALLINT length = 0;
  SQLGetInfo(handle, what, text, sizeof text, &length);
  return text;
}

ProductSession::ProductSession(OpenedSession opened, const ConnectionConfig& config)
    : owner_(std::move(opened.owner)), product_name_(std::move(opened.product_name)), product_version_(std::move(opened.product_version)), product_(std::move(opened.product)),
      configured_timeout_(config.statement_timeout.value_or(std::chrono::milliseconds(0))) {
  backend_ = product_->backend();
  password_ = config.password;
  handle_ = opened.handle;
  manners_ = product_->manners();
  if (manners_.timeout_attribute) set_statement_timeout(configured_timeout_);
  run(product_->baseline(config));
}

// A connection with an open transaction refuses to be closed.
ProductSession::~ProductSession() {
  try {
    if (in_transaction()) rollback();
  } catch (const Error&) {  // it is gone, and its transaction with it
  }
}

bool ProductSession::dead() const noexcept {
  SQLUINTEGER state = SQL_CD_FALSE;
  return succeeded(SQLGetConnectAttr(handle_, SQL_ATTR_CONNECTION_DEAD, &state, 0, nullptr)) && state == SQL_CD_TRUE;
}

void ProductSession::interpret(const Diagnostic& record, ErrorInfo& info) const {
  product_->interpret(record, info);
  if (in_transaction() && product_->ends_transaction(info)) rolled_back_ = true;
  const bool asked_for = info.code == ErrorCode::cancelled || info.code == ErrorCode::statement_timeout;
  if (info.poisons_connection || !(asked_for ? manners().one_way_cancel : dead())) return;
  info.poisons_connection = true;
  if (asked_for) return;
  info.code = ErrorCode::connection_lost;
  info.safe_to_retry = true;
}

void ProductSession::run(const Product::Statements& statements) {
  for (const std::string& sql : statements) Statement(*this).run(sql);
}

bool ProductSession::has_rows(const std::string& query) {
  Statement statement(*this);
  statement.run(query);
  return statement.fetch();
}

void ProductSession::prepare_for_load(const LoadSession& load) {
  if (manners().timeout_attribute) set_statement_timeout(std::chrono::milliseconds(0));
  run(product_->for_load(load));
}

void ProductSession::change_statement_timeout(std::chrono::milliseconds timeout) {
  if (manners().timeout_attribute) set_statement_timeout(timeout);
  else run(product_->statement_timeout(timeout));
}

void ProductSession::reset(const ConnectionConfig& config) {
  if (manners().timeout_attribute) set_statement_timeout(configured_timeout_);
  run(product_->reset(config));
  const Product::Conditional conditional = product_->conditional_reset(config);
  if (!conditional.query.empty() && has_rows(conditional.query)) run(conditional.statements);
}

void ProductSession::begin(const TransactionOptions& options) {
  const Product::Statements statements = product_->begin(options);
  if (!product_->begins_by_statement()) {
    check(SQLSetConnectAttr(handle_, SQL_ATTR_AUTOCOMMIT, as_pointer(SQL_AUTOCOMMIT_OFF), SQL_IS_UINTEGER), SQL_HANDLE_DBC, handle_);
  }
  options_ = options;
  if (manners().timeout_attribute && options.statement_timeout) {
    timeout_outside_ = statement_timeout();
    set_statement_timeout(*options.statement_timeout);
  }
  set_in_transaction(true);
  try {
    run(statements);
  } catch (const Error&) {
    abandon_transaction();
    throw;
  }
}

/// A transaction that did not come about: what is left of it goes, and the error that ended it is the one to tell.
void ProductSession::abandon_transaction() noexcept {
  try {
    end_transaction(SQL_ROLLBACK);
  } catch (const Error&) {  // a BEGIN that failed has left nothing
  }
  try {
    leave_transaction();
  } catch (const Error& error) {
    if (on_error) on_error(error);
  }
}

void ProductSession::leave_transaction() {
  set_in_transaction(false);
  rolled_back_ = false;
  if (const auto outside = std::exchange(timeout_outside_, std::nullopt)) set_statement_timeout(*outside);
  if (!product_->begins_by_statement()) {
    check(SQLSetConnectAttr(handle_, SQL_ATTR_AUTOCOMMIT, as_pointer(SQL_AUTOCOMMIT_ON), SQL_IS_UINTEGER), SQL_HANDLE_DBC, handle_);
  }
  run(product_->after(std::exchange(options_, {})));
}

void ProductSession::end_transaction(SQLSMALLINT how) {
  if (product_->begins_by_statement()) Statement(*this).run(how == SQL_COMMIT ? "COMMIT" : "ROLLBACK");
  else check(SQLEndTran(SQL_HANDLE_DBC, handle_, how), SQL_HANDLE_DBC, handle_);
}

void ProductSession::commit() {
  check_not_aborted();
  try {
    end_transaction(SQL_COMMIT);
  } catch (const Error& error) {
    if (!error.poisons_connection()) throw;
    ErrorInfo info = error.info();
    info.code = ErrorCode::in_doubt;
    info.safe_to_retry = false;
    info.message = "the connection died during COMMIT, so nobody knows whether it took effect: look at the data before repeating it (" + info.message + ")";
    throw_error(std::move(info));
  }
  leave_committed_transaction();
}

/// Its rows are in: what can not be put back ends the session, and is no error of the transaction, which would be run again.
void ProductSession::leave_committed_transaction() {
  try {
    leave_transaction();
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    info.poisons_connection = true;
    if (on_error) on_error(Error(std::move(info)));
  }
}

void ProductSession::check_not_aborted() {
  if (rolled_back_) throw_error(error_info(ErrorCode::misuse, "the server has rolled the transaction back, because an earlier statement in it failed: what came behind it is rolled back, too"));
  const std::string probe = product_->commit_probe();
  if (probe.empty()) return;
  try {
    Statement(*this).run(probe);
  } catch (const Error& error) {
    if (error.sqlstate() != "25P02") throw;
    ErrorInfo info = error_info(ErrorCode::misuse, "the server would roll the transaction back instead of committing it, because an earlier statement in it failed");
    info.sqlstate = error.sqlstate();
    info.statement = "COMMIT";
    throw DatabaseError(std::move(info));
  }
}

void ProductSession::rollback() {
  end_transaction(SQL_ROLLBACK);
  leave_transaction();
}

}  // namespace millrace::MILLRACE_CLI
