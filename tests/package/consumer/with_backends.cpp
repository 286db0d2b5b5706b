// A program that talks to a database: the argument is the path of a SQLite file to make.
#include <iostream>
#include <string>
#include <utility>

#include "millrace/backends.hpp"
#include "millrace/load/loader.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const millrace::DriverRegistry drivers = millrace::default_drivers();
  auto config = millrace::ConnectionConfig::from_url(std::string("sqlite:") + argv[1]);
  config.create_database = true;
  const auto connection = drivers.connect(config);
  connection->execute("CREATE TABLE greeting (text varchar(20) NOT NULL)");
  connection->execute("INSERT INTO greeting VALUES (?)", {"good morning"});
  const auto text = connection->query_value("SELECT text FROM greeting").as<std::string>();
  std::cout << connection->server().product << " says: " << text << '\n';

  // The loader has to link, too; a job without a table is refused before anything happens.
  try {
    millrace::LoadEnvironment environment;
    environment.drivers = &drivers;
    millrace::run_load(millrace::LoadJob{}, std::move(environment));
  } catch (const millrace::ConfigError& error) {
    std::cout << "refused as it should be: " << error.what() << '\n';
    return text == "good morning" ? 0 : 1;
  }
  return 1;
}
