#pragma once
// From a configuration to the keyword string of SQLDriverConnect.

#include <string>

#include "db2/cli/provider.hpp"
#include "millrace/access/config.hpp"

namespace millrace::cli_db2 {

/// `?driver=drda` or `?driver=ibm`; without it the open client. @throws ConfigError  any other
db2::cli::Provider provider_of(const ConnectionConfig& config);

/// The whole string, with the password: not to be shown to anybody.
///
/// Parameters of the URL are keywords: `?currentschema=SALES` is CURRENTSCHEMA=SALES. TLS modes from `require` on mean SECURITY=SSL; the certificate is
/// always checked, and the host's name with every mode but verify_ca.
/// @throws ConfigError  what can not be said in a keyword string: a value with a semicolon or a brace for IBM's driver, TLS settings that Db2 has no word for
std::string connect_string(const ConnectionConfig& config, db2::cli::Provider provider);

}  // namespace millrace::cli_db2
