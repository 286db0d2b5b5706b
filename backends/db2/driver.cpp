#include "common/cli/connection.hpp"
#include "db2/open_session.hpp"
#include "db2/products.hpp"
#include "millrace/backends.hpp"

namespace millrace {
namespace {

class Db2Driver final : public Driver {
 public:
  std::string_view name() const override { return cli_db2::kBackend; }
  std::vector<std::string_view> schemes() const override { return {"db2"}; }
  DriverTraits traits() const override {
    DriverTraits traits;
    traits.permanent_staging_only = true;
    traits.max_unit_rows = 5000;
    traits.stores_nan = false;
    return traits;
  }
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const override {
    return std::make_unique<cli_db2::CliConnection>(std::make_shared<cli_db2::ProductSession>(cli_db2::open_session(config), config), config);
  }
};

}  // namespace

void register_db2_backend(DriverRegistry& registry) { registry.add(std::make_shared<Db2Driver>()); }

}  // namespace millrace
