#include "db2/open_session.hpp"

#include <soci/db2/soci-db2.h>
#include <soci/soci.h>

#include "common/soci_session.hpp"
#include "db2/connect_errors.hpp"
#include "db2/keywords.hpp"
#include "db2/products.hpp"

namespace millrace::cli_db2 {
namespace {

constexpr const char* kNoPrompt = "0";  // SQL_DRIVER_NOPROMPT: there is nobody to ask

std::shared_ptr<soci::session> open(const ConnectionConfig& config, db2::cli::Provider provider) {
  soci::connection_parameters parameters(soci::db2, connect_string(config, provider));
  parameters.set_option(soci::db2_option_driver_complete, kNoPrompt);
  try {
    const db2::cli::ProviderScope scope(provider);
    auto session = std::make_shared<soci::session>();
    session->open(parameters);
    return session;
  } catch (const db2::cli::ProviderError& error) {
    throw ConfigError(error.what());
  } catch (const soci::soci_error& error) {
    throw_connect_error(config, error.what());
  }
}

}  // namespace

OpenedSession open_session(const ConnectionConfig& config) {
  const db2::cli::Provider provider = provider_of(config);
  OpenedSession opened;
  opened.owner = open(config, provider);
  opened.handle = static_cast<soci::db2_session_backend*>(backends::native_backend(*opened.owner, "DB2"))->hDbc;
  opened.product_name = text_info(opened.handle, SQL_DBMS_NAME);
  opened.product_version = text_info(opened.handle, SQL_DBMS_VER);
  opened.product = product_of(opened.product_name, provider == db2::cli::Provider::drda);
  return opened;
}

}  // namespace millrace::cli_db2
