#pragma once
// A driver that wraps another one and makes its connections fail as scripted: how does a program behave when its database does not?

#include <memory>
#include <string_view>
#include <vector>

#include "millrace/access/driver.hpp"
#include "millrace/testing/fault_plan.hpp"

namespace millrace::testing {

/// Takes the place of any driver, also of FakeDriver, under the same schemes and name:
///
///     const DriverRegistry real = default_drivers();
///     auto plan = std::make_shared<FaultPlan>();
///     DriverRegistry drivers;
///     drivers.add(std::make_shared<FaultDriver>(real.find("postgresql"), plan));
///     Database database = Database::open(config, drivers);
///     plan->add(Fault::error(FaultCall::commit, ErrorCode::serialization).times(2));
///
/// Where no fault strikes, a call reaches the database as it would without this driver. A statement time-out does not end a delay.
/// @thread_safety  Any thread.
class FaultDriver : public Driver {
 public:
  explicit FaultDriver(std::shared_ptr<const Driver> inner, std::shared_ptr<FaultPlan> plan = std::make_shared<FaultPlan>());
  /// @param inner  must live as long as this driver
  explicit FaultDriver(const Driver& inner, std::shared_ptr<FaultPlan> plan = std::make_shared<FaultPlan>());

  std::string_view name() const override { return inner_->name(); }
  std::vector<std::string_view> schemes() const override { return inner_->schemes(); }
  DriverTraits traits() const override { return inner_->traits(); }
  std::unique_ptr<Connection> connect(const ConnectionConfig& config) const override;

  FaultPlan& plan() const { return *plan_; }

 private:
  std::shared_ptr<const Driver> inner_;
  std::shared_ptr<FaultPlan> plan_;
};

}  // namespace millrace::testing
