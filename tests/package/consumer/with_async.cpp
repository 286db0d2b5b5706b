// A program that uses the asynchronous forms: the argument is the path of a SQLite file to make.
#include <future>
#include <iostream>
#include <string>

#include <boost/asio/use_future.hpp>

#include "millrace/access/async.hpp"
#include "millrace/backends.hpp"
#include "millrace/load/async_load.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const millrace::DriverRegistry drivers = millrace::default_drivers();
  auto config = millrace::DatabaseConfig::from_url(std::string("sqlite:") + argv[1]);
  config.connection.create_database = true;
  millrace::Database database = millrace::Database::open(config, drivers);
  millrace::AsyncDatabase async(database);
  std::future<millrace::ResultSet> answer = async.async_query("SELECT 42", boost::asio::use_future);
  const int number = answer.get()[0][0].as<int>();
  std::cout << "the answer is " << number << '\n';

  // The loader's form has to link, too; a job without a table is refused before anything happens.
  try {
    millrace::LoadEnvironment environment;
    environment.drivers = &drivers;
    millrace::async_load(millrace::LoadJob{}, std::move(environment), boost::asio::use_future).get();
  } catch (const millrace::ConfigError& error) {
    std::cout << "refused as it should be: " << error.what() << '\n';
    return number == 42 ? 0 : 1;
  }
  return 1;
}
