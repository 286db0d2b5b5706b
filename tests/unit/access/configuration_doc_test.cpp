// docs/configuration.md says what the code does: its keys, variables and defaults are those that are read, its examples are valid.

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

#include <catch2/catch_test_macros.hpp>

#include "config_support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string document() {
  std::ifstream file(MILLRACE_CONFIGURATION_DOC, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Cells = std::vector<std::string>;

/// The rows of the table whose header begins with `first_cell`.
std::vector<Cells> table(const std::string& first_cell) {
  std::vector<Cells> rows;
  std::istringstream lines(document());
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!inside) {
      inside = line.starts_with("| " + first_cell);
      continue;
    }
    if (line.empty()) break;
    if (line.starts_with("|---")) continue;
    Cells cells;
    for (std::size_t at = line.find('|'), end; (end = line.find('|', at + 1)) != std::string::npos; at = end) {
      const std::string cell = line.substr(at + 1, end - at - 1);
      const std::size_t begin = cell.find_first_not_of(' ');
      cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::vector<std::string> code_words(const std::string& cell) {
  static const std::regex word("`([^`]+)`");
  std::vector<std::string> words;
  for (std::sregex_iterator it(cell.begin(), cell.end(), word), end; it != end; ++it) words.push_back((*it)[1]);
  return words;
}

std::string code_word(const std::string& cell) {
  const auto words = code_words(cell);
  return words.empty() ? "" : words.front();
}

std::string in_section(std::string section, const std::string& content) {
  std::string json = "{" + content + "}";
  if (section == "connection.tls") {
    json = "{\"tls\": " + json + "}";
    section = "connection";
  }
  return "{\"" + section + "\": " + json + "}";
}

/// The keys that the code knows, as it lists them to somebody who wrote another one.
std::set<std::string> known_keys(const std::string& section) {
  const std::string message = refusal_of([&] { DatabaseConfig::from_json(in_section(section, "\"zzzzzzzzzz\": 1")); });
  constexpr std::string_view kList = "; write one of ";
  const std::size_t at = message.find(kList);
  REQUIRE(at != std::string::npos);
  std::istringstream list(message.substr(at + kList.size()));
  std::set<std::string> keys;
  for (std::string key; std::getline(list >> std::ws, key, ',');) keys.insert(key);
  return keys;
}

auto values_of(const DatabaseConfig& config) {
  const auto& [name, min, size, overflow, max_waiting, acquire_timeout, acquire_attempts, eager, check_after_idle, check_timeout, max_idle, max_lifetime, jitter, keepalive, reset_session,
               leak_report_after, reconnect_delay, reconnect_max, handoff_after, close_timeout] = config.pool;
  const auto& [attempts, initial_delay, factor, max_delay, retry_jitter, deadline, retry_if] = config.retry;
  return std::make_tuple(name, min, size, overflow, max_waiting, acquire_timeout, acquire_attempts, eager, check_after_idle, check_timeout, max_idle, max_lifetime, jitter, keepalive,
                         reset_session, leak_report_after, reconnect_delay, reconnect_max, handoff_after, close_timeout, attempts, initial_delay, factor, max_delay, retry_jitter, deadline,
                         config.connection);
}

DatabaseConfig defaults() { return DatabaseConfig::from(sources_of({{"DATABASE_URL", "postgresql://db"}})); }

}  // namespace

TEST_CASE("docs/configuration.md lists the keys that are read, and no others") {
  for (const auto& [section, header] : std::map<std::string, std::string>{{"connection", "key of the JSON section `connection`"}, {"connection.tls", "key of `connection.tls`"},
                                                                          {"pool", "key of the JSON section `pool`"}, {"retry", "key of the JSON section `retry`"}}) {
    CAPTURE(section);
    std::set<std::string> documented;
    for (const Cells& row : table(header)) CHECK(documented.insert(code_word(row.at(0))).second);
    CHECK(documented == known_keys(section));
  }
}

TEST_CASE("docs/configuration.md states the defaults that the code has, of keys and of variables") {
  int compared = 0;
  for (const std::string section : {"pool", "retry"}) {
    for (const Cells& row : table("key of the JSON section `" + section + "`")) {
      const std::string key = code_word(row.at(0)), variable = code_word(row.at(1)), value = code_word(row.at(2));
      CAPTURE(section, key, variable, value);
      if (value.empty()) continue;  // "none"
      CHECK(values_of(DatabaseConfig::from(sources_of({{"DATABASE_URL", "postgresql://db"}}, in_section(section, "\"" + key + "\": " + value)))) == values_of(defaults()));
      if (!variable.empty()) CHECK(values_of(DatabaseConfig::from(sources_of({{"DATABASE_URL", "postgresql://db"}, {variable, value}}))) == values_of(defaults()));
      ++compared;
    }
  }
  CHECK(compared == 25);
}

TEST_CASE("every variable that docs/configuration.md names has an effect") {
  std::set<std::string> variables;
  static const std::regex name("`((?:PG|DB_)[A-Z_]+)`");
  const std::string text = document();
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) variables.insert((*it)[1]);
  CHECK(variables.size() == 25);
  for (const std::string& variable : variables) {
    CAPTURE(variable);
    // Either the value is not what is wanted, or it is in the connection now.
    std::optional<ConnectionConfig> connection;
    const std::string message = refusal_of([&] { connection = DatabaseConfig::from(sources_of({{"DATABASE_URL", "postgresql://"}, {variable, "no such thing"}})).connection; });
    CHECK((message.starts_with(variable + " in the environment must be") || (connection && *connection != ConnectionConfig::from_url("postgresql://"))));
  }
}

TEST_CASE("the examples of docs/configuration.md are valid") {
  const std::string text = document();
  static const std::regex block("```(json|sh)\n([^`]*)```");
  int json = 0, env = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), block), end; it != end; ++it) {
    if ((*it)[1] == "json") {
      ++json;
      CHECK(DatabaseConfig::from_json((*it)[2].str()).pool.size == 10);
    } else {
      ++env;
      const DatabaseConfig config = DatabaseConfig::from(sources_of(parse_env_file((*it)[2].str())));
      CHECK(config.connection.password == Secret("any # text"));
      CHECK(config.pool.size == 10);
    }
  }
  CHECK(json == 1);
  CHECK(env == 1);
}
