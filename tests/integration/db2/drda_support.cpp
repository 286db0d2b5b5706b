#include "integration/db2/drda_support.hpp"

#include <catch2/catch_test_macros.hpp>

namespace millrace::drda_test {
namespace {

std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

drda::ConnectOptions options_of(const std::string& url) {
  // db2://USER:PASSWORD@HOST:PORT/DATABASE?...
  const std::size_t user = url.find("://") + 3, at = url.find('@', user), password = url.find(':', user);
  const std::size_t slash = url.find('/', at), port = url.rfind(':', slash), query = url.find('?', slash);
  drda::ConnectOptions options;
  options.user = decoded(url.substr(user, password - user));
  options.password = decoded(url.substr(password + 1, at - password - 1));
  options.host = url.substr(at + 1, port - at - 1);
  options.port = static_cast<std::uint16_t>(std::stoi(url.substr(port + 1, slash - port - 1)));
  options.database = decoded(url.substr(slash + 1, query == std::string::npos ? query : query - slash - 1));
  options.answer_timeout = std::chrono::seconds(60);
  return options;
}

drda::ConnectOptions new_database(const std::string& database) {
  const test::DerbyServer* const server = test::DerbyServer::shared();
  if (server == nullptr) SKIP("no DRDA server: " << test::DerbyServer::how_to_get());
  if (!server->is_derby()) SKIP("the server is no Derby");
  drda::ConnectOptions options = options_of(server->url_for(server->database_name(database) + ";create=true"));
  const std::unique_ptr<drda::Client> client = drda::Client::connect(options);
  for (const std::vector<std::string>& table : rows_of(*client, "SELECT T.TABLENAME FROM SYS.SYSTABLES T JOIN SYS.SYSSCHEMAS S ON S.SCHEMAID = T.SCHEMAID"
                                                                " WHERE T.TABLETYPE = 'T' AND S.SCHEMANAME = CURRENT SCHEMA")) {
    client->execute_immediate("DROP TABLE \"" + table[0] + "\"");
  }
  client->commit();
  return options;
}

std::unique_ptr<drda::Client> connect_to_new(const std::string& database) { return drda::Client::connect(new_database(database)); }

std::vector<std::vector<std::string>> rows_of(drda::Client& client, const std::string& sql) {
  const std::unique_ptr<drda::Statement> statement = client.prepare(sql);
  statement->open({}, kNoParameters);
  std::vector<std::vector<std::string>> rows;
  while (statement->fetch()) {
    std::vector<std::string>& row = rows.emplace_back();
    for (std::size_t i = 0; i < statement->columns().size(); ++i) {
      const drda::Cell& cell = statement->cell(i);
      row.push_back(cell.is_null() ? "NULL" : std::string(cell.as_text()));
    }
  }
  return rows;
}

std::string value_of(drda::Client& client, const std::string& sql) {
  const std::vector<std::vector<std::string>> rows = rows_of(client, sql);
  REQUIRE(rows.size() == 1);
  REQUIRE(rows[0].size() == 1);
  return rows[0][0];
}

}  // namespace millrace::drda_test
