#include "odbc/session.hpp"

#include <soci/odbc/soci-odbc.h>
#include <soci/soci.h>

#include "common/cli/statement.hpp"
#include "common/soci_session.hpp"
#include "odbc/connect_errors.hpp"
#include "odbc/connect_string.hpp"

namespace millrace::cli_odbc {
namespace {

constexpr const char* kNoPrompt = "0";  // SQL_DRIVER_NOPROMPT: there is nobody to ask

std::unique_ptr<soci::session> open(const ConnectionConfig& config) {
  const std::string driver = driver_of(config);
  soci::connection_parameters parameters(soci::odbc, connect_string(config, known_driver(driver)));
  parameters.set_option(soci::odbc_option_driver_complete, kNoPrompt);
  try {
    auto session = std::make_unique<soci::session>();
    session->open(parameters);
    return session;
  } catch (const soci::odbc_soci_error& error) {
    throw_connect_error(config, driver,
                        {reinterpret_cast<const char*>(error.odbc_error_code()), error.native_error_code(), plain_message(reinterpret_cast<const char*>(error.odbc_error_message())), 0});
  } catch (const soci::soci_error& error) {
    throw_connect_error(config, driver, {{}, 0, plain_message(error.what()), 0});
  }
}

std::string text_info(SQLHDBC handle, SQLUSMALLINT what) {
  char text[256] = "";
  SQLSMALLINT length = 0;
  SQLGetInfo(handle, what, text, sizeof text, &length);
  return text;
}

}  // namespace

OdbcSession::OdbcSession(const ConnectionConfig& config) : owner_(open(config)) {
  backend_ = kBackend;
  password_ = config.password;
  handle_ = static_cast<soci::odbc_session_backend*>(backends::native_backend(*owner_, "odbc"))->hdbc_;
  product_name_ = text_info(handle_, SQL_DBMS_NAME);
  product_version_ = text_info(handle_, SQL_DBMS_VER);
  product_ = product_of(product_name_, product_version_);
  manners_ = product_->manners();
  run(product_->baseline(config));
}

// A connection with an open transaction refuses to be closed.
OdbcSession::~OdbcSession() {
  try {
    if (in_transaction()) rollback();
  } catch (const Error&) {  // it is gone, and its transaction with it
  }
}

bool OdbcSession::dead() const noexcept {
  SQLUINTEGER state = SQL_CD_FALSE;
  return succeeded(SQLGetConnectAttr(handle_, SQL_ATTR_CONNECTION_DEAD, &state, 0, nullptr)) && state == SQL_CD_TRUE;
}

void OdbcSession::interpret(const Diagnostic& record, ErrorInfo& info) const {
  product_->interpret(record, info);
  if (info.poisons_connection || !dead()) return;
  info.code = ErrorCode::connection_lost;
  info.poisons_connection = info.safe_to_retry = true;
}

void OdbcSession::run(const Product::Statements& statements) {
  for (const std::string& sql : statements) Statement(*this).run(sql);
}

void OdbcSession::begin(const TransactionOptions& options) {
  const Product::Statements statements = product_->begin(options);
  if (!product_->begins_by_statement()) {
    check(SQLSetConnectAttr(handle_, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(SQL_AUTOCOMMIT_OFF)), SQL_IS_UINTEGER), SQL_HANDLE_DBC, handle_);
  }
  options_ = options;
  set_in_transaction(true);
  try {
    run(statements);
  } catch (const Error&) {
    abandon_transaction();
    throw;
  }
}

/// A transaction that did not come about: what is left of it goes, and the error that ended it is the one to tell.
void OdbcSession::abandon_transaction() noexcept {
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

void OdbcSession::leave_transaction() {
  set_in_transaction(false);
  if (!product_->begins_by_statement()) {
    check(SQLSetConnectAttr(handle_, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(SQL_AUTOCOMMIT_ON)), SQL_IS_UINTEGER), SQL_HANDLE_DBC, handle_);
  }
  run(product_->after(std::exchange(options_, {})));
}

void OdbcSession::end_transaction(SQLSMALLINT how) {
  if (product_->begins_by_statement()) Statement(*this).run(how == SQL_COMMIT ? "COMMIT" : "ROLLBACK");
  else check(SQLEndTran(SQL_HANDLE_DBC, handle_, how), SQL_HANDLE_DBC, handle_);
}

void OdbcSession::commit() {
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
  leave_transaction();
}

void OdbcSession::check_not_aborted() {
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

void OdbcSession::rollback() {
  end_transaction(SQL_ROLLBACK);
  leave_transaction();
}

}  // namespace millrace::cli_odbc
