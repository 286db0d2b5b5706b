#include "millrace/access/driver.hpp"

#include <algorithm>

#include "millrace/access/error.hpp"

namespace millrace {
namespace {

bool serves(const Driver& driver, std::string_view scheme) {
  const auto schemes = driver.schemes();
  return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
}

}  // namespace

void DriverRegistry::add(std::shared_ptr<const Driver> driver) {
  if (!driver) throw Error(ErrorCode::misuse, "a driver to be registered is null");
  for (const std::string_view scheme : driver->schemes()) {
    for (const auto& other : drivers_) {
      if (!serves(*other, scheme)) continue;
      throw Error(ErrorCode::misuse, "driver '" + std::string(driver->name()) + "' can not be registered: scheme '" + std::string(scheme) +
                                         "' belongs to driver '" + std::string(other->name()) + "'");
    }
  }
  drivers_.push_back(std::move(driver));
}

const Driver& DriverRegistry::find(std::string_view scheme) const { return *share(scheme); }

std::shared_ptr<const Driver> DriverRegistry::share(std::string_view scheme) const {
  for (const auto& driver : drivers_) {
    if (serves(*driver, scheme)) return driver;
  }
  std::string known;
  for (const std::string_view name : schemes()) known.append(known.empty() ? "" : ", ").append(name);
  throw ConfigError("no driver for URLs that begin with '" + std::string(scheme) + ":'; this build knows " + (known.empty() ? "none" : known));
}

std::vector<std::string_view> DriverRegistry::schemes() const {
  std::vector<std::string_view> all;
  for (const auto& driver : drivers_) {
    const auto schemes = driver->schemes();
    all.insert(all.end(), schemes.begin(), schemes.end());
  }
  return all;
}

}  // namespace millrace
