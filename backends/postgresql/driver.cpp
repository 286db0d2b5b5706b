#include "millrace/backends.hpp"
#include "postgresql/connect.hpp"
#include "postgresql/connection.hpp"
#include "postgresql/errors.hpp"

namespace millrace {
namespace {

class PostgresDriver final : public Driver {
 public:
  std::string_view name() const override { return postgresql::kBackend; }
  std::vector<std::string_view> schemes() const override { return {"postgresql", "postgres"}; }
  DriverTraits traits() const override { return {}; }
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const override {
    return std::make_unique<postgresql::PostgresConnection>(postgresql::open_session(config));
  }
};

}  // namespace

void register_postgresql_backend(DriverRegistry& registry) { registry.add(std::make_shared<PostgresDriver>()); }

}  // namespace millrace
