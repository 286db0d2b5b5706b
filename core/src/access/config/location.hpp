#pragma once
// Where the database is and how to log in: the parts that a URL, JSON keys and libpq's variables all can say.

#include <functional>
#include <optional>
#include <string>

#include "access/config/draft.hpp"

namespace millrace {

using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

/// A URL and the place where it was found.
struct FoundUrl {
  std::string text;
  std::string name;  ///< "DATABASE_URL in the file .env"; empty: what the user typed
  Layer layer = Layer::url;
};

/// from_url() with the URL's place in front of its message.
ConnectionConfig parse(const FoundUrl& url);

/// Puts the URL, parsed, in the place of all that weaker places say about where the database is. Where they do not say that, what they say about
/// logging in fills the gaps that the URL leaves.
void use_url(const FoundUrl& url, ConnectionConfig parsed, Draft& draft);

/// Fills what is still open, or only said by a weaker place, from libpq's PG* variables: nothing that a URL says. Does nothing where another
/// database than PostgreSQL is meant.
void use_libpq_variables(const Lookup& environment, const Lookup& env_file, const std::string& env_file_name, Draft& draft);

/// Reads the password file, where one still counts.
void use_password_file(Draft& draft);

}  // namespace millrace
