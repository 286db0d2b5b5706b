#pragma once
// What reading URLs, writing them and checking their parts have in common.

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

inline constexpr const char* kUrlExample = "write for example postgresql://user@host:5432/database, db2://user@host:50000/database or sqlite:path/to/file.db";

std::vector<std::string_view> split(std::string_view text, char separator);
std::string lowered(std::string_view text);

/// A port, or a list of them in which some may be empty.
bool are_ports(std::string_view list);
bool is_scheme(std::string_view text);
bool is_sqlite(std::string_view scheme);
bool is_odbc(std::string_view scheme);
bool is_db2(std::string_view scheme);
/// The schemes for which libpq's PG* variables speak.
bool is_postgresql(std::string_view scheme);

/// By its name, what a parameter or an attribute of an ODBC string holds must not be shown.
bool is_secret_name(std::string_view name);

/// Length of the attribute at the front of an ODBC string, without its semicolon. Braces protect semicolons; `}}` is a brace.
/// npos: a brace is not closed.
std::size_t odbc_attribute_length(std::string_view text);

}  // namespace millrace
