#pragma once
// The connection string that a driver manager gets.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/access/config.hpp"

namespace millrace::cli_odbc {

struct Keyword { std::string key, value; };

/// The attributes of `KEY=value;KEY={value}`, in their order, values without their braces.
std::vector<Keyword> keywords_of(std::string_view connection);

enum class KnownDriver : unsigned char { other, psqlodbc, sqliteodbc };
/// Which of the drivers that we know to need settings a text means: the path or the name of a driver.
KnownDriver known_driver(std::string_view driver);

/// The whole string, with the password and with what a load needs of a known driver and the user did not set. Not to be shown to anybody.
/// @param driver  what Driver= says, or what the data source's entry does
/// @throws ConfigError  TLS settings for a driver that we do not know how to tell them, or a Protocol for psqlODBC. A connect time-out reaches psqlODBC only.
std::string connect_string(const ConnectionConfig& config, KnownDriver driver);

}  // namespace millrace::cli_odbc
