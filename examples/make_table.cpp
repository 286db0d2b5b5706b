// Makes one of the tables of schemas/ in any database that Millrace reaches.
//
//   make_table URL TABLE             for example: make_table sqlite:demo.db transactions
//
// The idea: a registry finds the driver of a URL, and a connection runs SQL. Nothing here knows which database it is.

#include <iostream>
#include <string>

#include "millrace/backends.hpp"
#include "schema.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_table URL TABLE\n";
    return 64;
  }
  try {
    const millrace::DriverRegistry drivers = millrace::default_drivers();
    auto config = millrace::ConnectionConfig::from_url(argv[1]);
    config.create_database = true;  // SQLite: a missing file is an error otherwise, since it may be a mistyped path
    const auto connection = drivers.connect(config);
    examples::make_table(*connection, argv[2]);
    return 0;
  } catch (const millrace::Error& error) {
    std::cerr << "make_table: " << error.what() << '\n';
    return 1;
  }
}
