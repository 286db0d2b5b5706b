#pragma once
// The keywords of SQLDriverConnect: `DATABASE=db;HOSTNAME=host;PORT=50000;UID=user;PWD={a;b}`.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

struct ConnectKeywords {
  drda::ConnectOptions options;
  std::string schema;                ///< CURRENTSCHEMA, exactly as it is spelled
  std::string isolation;             ///< UR, CS, RS, RR; empty: the server's default
};

/// Keywords in upper case with their values, in their order. A value in braces may hold `;`, and `}` when it is doubled.
/// @throws CallError{HY000}  a keyword without `=`, a brace that is not closed, text behind the closing one
std::vector<std::pair<std::string, std::string>> split_keywords(std::string_view text);

/// The keywords that mean something to this client.
std::vector<std::string_view> known_keywords();

/// What the client is to do. Of a keyword that is repeated the first one counts. Keywords that are not known are IBM's or SOCI's and passed over,
/// unless going on without them would send a password in another way, or go another way, than was asked for.
/// @throws CallError{HY024}  a value that makes no sense; CallError{HYC00}  one that can not be honoured; CallError{08001}  DATABASE or HOSTNAME is missing
ConnectKeywords read_keywords(std::string_view text);

/// The same for whoever wants to show what it is connected to: without the password.
std::string shown(const ConnectKeywords& keywords);

/// `SET CURRENT ISOLATION` for a value of SQL_ATTR_TXN_ISOLATION; nullopt: there is no such.
std::optional<std::string> isolation_name(unsigned level);

}  // namespace millrace::db2::cli
