#include "millrace/backends.hpp"
#include "common/cli/connection.hpp"
#include "odbc/open_session.hpp"
#include "odbc/products.hpp"

namespace millrace {
namespace {

class OdbcDriver final : public Driver {
 public:
  std::string_view name() const override { return cli_odbc::kBackend; }
  std::vector<std::string_view> schemes() const override { return {"odbc"}; }
  DriverTraits traits() const override {
    DriverTraits traits;
    traits.permanent_staging_only = true;
    traits.max_unit_rows = 5000;
    return traits;
  }
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const override {
    return std::make_unique<cli_odbc::CliConnection>(std::make_shared<cli_odbc::ProductSession>(cli_odbc::open_session(config), config), config);
  }
};

}  // namespace

void register_odbc_backend(DriverRegistry& registry) { registry.add(std::make_shared<OdbcDriver>()); }

}  // namespace millrace
