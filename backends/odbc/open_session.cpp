#include "odbc/open_session.hpp"

#include <soci/odbc/soci-odbc.h>
#include <soci/soci.h>

#include "common/soci_session.hpp"
#include "odbc/connect_errors.hpp"
#include "odbc/connect_string.hpp"
#include "odbc/products.hpp"

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

}  // namespace

OpenedSession open_session(const ConnectionConfig& config) {
  OpenedSession opened;
  opened.owner = open(config);
  opened.handle = static_cast<soci::odbc_session_backend*>(backends::native_backend(*opened.owner, "odbc"))->hdbc_;
  opened.product_name = text_info(opened.handle, SQL_DBMS_NAME);
  opened.product_version = text_info(opened.handle, SQL_DBMS_VER);
  opened.product = product_of(opened.product_name, opened.product_version);
  return opened;
}

}  // namespace millrace::cli_odbc
