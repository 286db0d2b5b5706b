#pragma once
// The open DRDA client against a server that tests started.

#include <memory>
#include <string>
#include <vector>

#include "db2/drda/client.hpp"
#include "support/derby_server.hpp"

namespace millrace::drda_test {

/// What a db2:// URL says.
drda::ConnectOptions options_of(const std::string& url);

/// Connects to a database of its own, empty, on the shared server; skips the test where there is no server.
std::unique_ptr<drda::Client> connect_to_new(const std::string& database);
/// The same, for more than one connection.
drda::ConnectOptions new_database(const std::string& database);

/// The Failure of what must fail: state and message; "" if nothing failed.
template <class Work> drda::Sqlca failure_of(Work&& work, bool* connection_gone = nullptr) {
  try {
    work();
  } catch (const drda::Failure& failure) {
    if (connection_gone != nullptr) *connection_gone = failure.connection_gone();
    return failure.sqlca();
  }
  return {};
}

/// All rows of a query without parameters, NULL as "NULL".
std::vector<std::vector<std::string>> rows_of(drda::Client& client, const std::string& sql);
/// The only value of a query.
std::string value_of(drda::Client& client, const std::string& sql);

inline const drda::FillRow kNoParameters = [](drda::RowWriter&, std::size_t) {};

}  // namespace millrace::drda_test
