// No message holds a piece of a password, however broken the input is.

#include <random>
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "config_support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

constexpr std::size_t kPiece = 4;

/// Inputs with a password in them, broken at random.
class Vandal {
 public:
  explicit Vandal(unsigned seed) : generator_(seed) {}

  std::size_t number(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(generator_); }

  /// Its letters stand in no message in this order; marks of URLs, .env files and JSON are strewn in.
  std::string password() {
    constexpr std::string_view kLetters = "qxzjkvwQXZJKVW789", kMarks = "@:/?#%&=;,[]{}'\"\\ $\n\t";
    std::string text;
    for (std::size_t left = 8 + number(12); left > 0; --left) {
      const bool mark = number(4) == 0 && !text.empty() && kMarks.find(text.back()) == std::string_view::npos;
      text += mark ? kMarks[number(kMarks.size())] : kLetters[number(kLetters.size())];
    }
    return text;
  }

  std::string broken(std::string text) {
    for (std::size_t blows = 1 + number(3); blows > 0 && !text.empty(); --blows) strike(text);
    return text;
  }

 private:
  void strike(std::string& text) {
    constexpr std::string_view kStones = "@:/?#%&=;,[]{}'\"\\ \n";
    const std::size_t at = number(text.size()), length = 1 + number(std::min<std::size_t>(12, text.size() - at));
    switch (number(6)) {
      case 0: text.erase(at, length); break;
      case 1: text[at] = kStones[number(kStones.size())]; break;
      case 2: text.insert(at, 1, kStones[number(kStones.size())]); break;
      case 3: std::swap(text[at], text[at + length - 1]); break;
      case 4: text[at] = static_cast<char>(number(256)); break;
      default: text.erase(at); break;
    }
  }

  std::mt19937 generator_;
};

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else out += c;
  }
  return out + "\"";
}

std::string double_quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// The message of whatever is thrown; empty when nothing is. Anything but a ConfigError fails the test.
template <class F> std::string message_of(F&& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  } catch (const std::exception& error) {
    FAIL("not a ConfigError: " << error.what());
  }
  return {};
}

bool tells(const std::string& message, const std::string& password) {
  for (std::size_t i = 0; i + kPiece <= password.size(); ++i) {
    if (message.find(password.substr(i, kPiece)) != std::string::npos) return true;
  }
  return false;
}

/// Breaks what `make` makes of a password and hands it to `use`; counts the refusals, so that a test of nothing is noticed.
template <class Make, class Use> void vandalize(unsigned seed, int rounds, Make&& make, Use&& use) {
  Vandal vandal(seed);
  std::set<std::string> messages;
  for (int round = 0; round < rounds; ++round) {
    const std::string password = vandal.password();
    const std::string input = vandal.broken(make(password));
    const std::string message = message_of([&] { use(input); });
    CAPTURE(round, input, password, message);
    REQUIRE_FALSE(tells(message, password));
    if (!message.empty()) messages.insert(message);
  }
  CHECK(messages.size() >= 5);
}

std::string postgresql_url(const std::string& password) { return "postgresql://app:" + percent_encode(password) + "@db:5432/prod?sslmode=require"; }
std::string raw_url(const std::string& password) { return "postgresql://app:" + password + "@db:5432/prod?sslmode=require"; }

}  // namespace

TEST_CASE("no message about a broken URL tells a piece of its password") {
  const auto use = [](const std::string& input) { ConnectionConfig::from_url(input); };
  vandalize(1, 8000, postgresql_url, use);
  vandalize(2, 8000, raw_url, use);
  vandalize(3, 4000, [](const std::string& password) { return "postgresql://db/prod?user=app&password=" + password; }, use);
  vandalize(4, 4000, [](const std::string& password) { return "odbc:DSN=x;PWD=" + password + ";UID=app"; }, use);
}

TEST_CASE("no message about a broken environment tells a piece of a password") {
  vandalize(5, 4000, raw_url, [](const std::string& input) { DatabaseConfig::from(sources_of({{"DATABASE_URL", input}})); });
  // A value that went to the wrong variable.
  for (const char* name : {"DB_POOL_SIZE", "DB_MAX_OVERFLOW", "DB_POOL_TIMEOUT", "DB_MAX_RETRIES", "DB_RETRY_DELAY", "DB_POOL_MIN", "DB_CONNECT_TIMEOUT", "DB_STATEMENT_TIMEOUT", "PGPORT", "PGSSLMODE", "PGCONNECT_TIMEOUT"}) {
    CAPTURE(name);
    const std::string message = message_of([&] { DatabaseConfig::from(sources_of({{"PGHOST", "h"}, {name, "hunter2-tiger"}})); });
    CHECK_FALSE(message.empty());
    CHECK_FALSE(tells(message, "hunter2-tiger"));
  }
}

TEST_CASE("no message about a broken .env file tells a piece of a password") {
  const auto make = [](const std::string& password) {
    return "# settings\nexport DATABASE_URL=\"postgresql://db:5432/prod\"\nPGPASSWORD=" + double_quoted(password) + "\nPGPORT=5432\nDB_POOL_SIZE=5\nDB_POOL_TIMEOUT=30\n";
  };
  const Folder folder;
  vandalize(6, 5000, make, [](const std::string& input) { parse_env_file(input); });
  vandalize(7, 300, make, [&](const std::string& input) {
    ConfigSources sources = sources_of({});
    sources.env_file = folder.write("x.env", input);
    DatabaseConfig::from(sources);
  });
}

TEST_CASE("no message about a broken JSON file tells a piece of a password") {
  const auto parts = [](const std::string& password) {
    return R"({"connection": {"scheme": "postgresql", "host": "db", "password": )" + json_text(password) + R"(, "port": 5432, "tls": {"mode": "require"}}, "pool": {"size": 3}, "retry": {"jitter": true}})";
  };
  const auto url = [](const std::string& password) { return R"({"connection": {"url": )" + json_text(raw_url(password)) + R"(, "connect_timeout": "5s"}, "load": {}})"; };
  const auto use = [](const std::string& input) { DatabaseConfig::from_json(input); };
  vandalize(8, 5000, parts, use);
  vandalize(9, 5000, url, use);
}

TEST_CASE("a password that stands where something else belongs is not quoted") {
  const std::string password = "hunter2-tiger";
  for (const std::string key : {"scheme", "port", "connect_timeout", "statement_timeout", "tls", "parameters", "url"}) {
    CAPTURE(key);
    const std::string message = message_of([&] { DatabaseConfig::from_json("{\"connection\": {\"" + key + "\": [\"" + password + "\"]}}"); });
    CHECK_FALSE(message.empty());
    CHECK_FALSE(tells(message, password));
    CHECK_FALSE(tells(message_of([&] { DatabaseConfig::from_json("{\"connection\": {\"" + key + "\": \"" + password + "\"}}"); }), password));
  }
  CHECK_FALSE(tells(message_of([&] { DatabaseConfig::from_json(R"({"connection": {"scheme": "postgresql", "password_file": ")" + password + "\"}}"); }), password));
}

TEST_CASE("a configuration shows its password nowhere but where it is asked for") {
  ConfigSources sources = sources_of({{"PGPASSWORD", "hunter2"}});
  sources.url = "postgresql://app@db/prod";
  const DatabaseConfig config = DatabaseConfig::from(sources);
  CHECK(config.connection.password.reveal() == "hunter2");
  CHECK_FALSE(tells(config.connection.display(), "hunter2"));
  CHECK(tells(config.connection.url_with_password(), "hunter2"));
}
