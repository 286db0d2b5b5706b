#include "millrace/access/driver.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/testing/fake_connection.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

class FakeDriver : public Driver {
 public:
  FakeDriver(std::string name, std::vector<std::string> schemes, testing::FakeDatabase& database) : name_(name), schemes_(schemes), database_(database) {}
  std::string_view name() const override { return name_; }
  std::vector<std::string_view> schemes() const override { return {schemes_.begin(), schemes_.end()}; }
  DriverTraits traits() const override { return {}; }
  std::unique_ptr<Connection> connect(const ConnectionConfig&) const override { return database_.connect(); }

 private:
  std::string name_;
  std::vector<std::string> schemes_;
  testing::FakeDatabase& database_;
};

}  // namespace

TEST_CASE("a registry finds drivers by each of their schemes") {
  testing::FakeDatabase database;
  DriverRegistry registry;
  CHECK_THROWS_MATCHES(registry.find("pg"), ConfigError, MessageMatches(ContainsSubstring("none")));
  registry.add(std::make_shared<FakeDriver>("a", std::vector<std::string>{"a", "a2"}, database));
  registry.add(std::make_shared<FakeDriver>("b", std::vector<std::string>{"b"}, database));
  CHECK(registry.find("a2").name() == "a");
  CHECK(registry.find("b").name() == "b");
  CHECK(registry.schemes() == std::vector<std::string_view>{"a", "a2", "b"});
  CHECK_THROWS_MATCHES(registry.find("c"), ConfigError, MessageMatches(ContainsSubstring("'c:'") && ContainsSubstring("a, a2, b")));
  CHECK_THROWS_AS(registry.find(""), ConfigError);
  CHECK(registry.connect(ConnectionConfig::from_url("b://host"))->usable());
  CHECK(database.count("connect") == 1);
}

TEST_CASE("a scheme belongs to one driver") {
  testing::FakeDatabase database;
  DriverRegistry registry;
  registry.add(std::make_shared<FakeDriver>("a", std::vector<std::string>{"a"}, database));
  CHECK_THROWS_AS(registry.add(std::make_shared<FakeDriver>("b", std::vector<std::string>{"b", "a"}, database)), Error);
  CHECK_THROWS_AS(registry.add(nullptr), Error);
  CHECK(registry.schemes().size() == 1);
}
