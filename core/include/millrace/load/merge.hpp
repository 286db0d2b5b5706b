#pragma once
// How staged rows become the target's rows: strategies plan SQL, the loader runs it in one transaction.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/access/dialect.hpp"
#include "millrace/load/job.hpp"

namespace millrace {

/// The statements of one publish, in order.
struct PublishPlan {
  std::vector<std::string> locks;               ///< keep other writers off before anything is counted
  std::vector<PublishStatement> statements;
  std::optional<std::string> change_counters;   ///< see Dialect::change_counters; merges only
  std::string counting_join;                    ///< see Dialect::counting_join; merges only
};

/// Decides without I/O. Golden files test it, `--dry-run` prints it.
/// @thread_safety  Immutable; any thread.
class MergeStrategy {
 public:
  virtual ~MergeStrategy() = default;
  virtual std::string name() const = 0;
  virtual PublishPlan plan(const PublishSpec& spec, const Dialect& dialect) const = 0;
  /// What readers of the target see while the plan runs, in one sentence.
  virtual std::string what_readers_see() const = 0;
};

std::unique_ptr<MergeStrategy> make_merge_strategy();
/// Insert everything at once (`--mode append --atomic`).
std::unique_ptr<MergeStrategy> make_append_strategy();
std::unique_ptr<MergeStrategy> make_reload_strategy(ReloadKind kind, bool cascade);

}  // namespace millrace
