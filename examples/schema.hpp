#pragma once
// What the examples share: making a table of schemas/ where it is missing.

#include <fstream>
#include <sstream>
#include <string>

#include "millrace/access/connection.hpp"

namespace examples {

/// The text of a whole file. @throws ConfigError  the file can not be read
inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw millrace::ConfigError("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Runs schemas/<database>/<table>.sql, each of which is one CREATE TABLE IF NOT EXISTS.
inline void make_table(millrace::Connection& connection, const std::string& table) {
  const std::string database(connection.dialect().name());
  connection.execute(read_file(MILLRACE_SCHEMAS_DIR "/" + database + "/" + table + ".sql"));
}

}  // namespace examples
