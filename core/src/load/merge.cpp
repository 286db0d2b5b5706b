#include "millrace/load/merge.hpp"

namespace millrace {
namespace {

class Merge final : public MergeStrategy {
 public:
  std::string name() const override { return "merge"; }
  PublishPlan plan(const PublishSpec& spec, const Dialect& dialect) const override {
    return {dialect.lock_for_publish(spec.target), dialect.merge(spec), dialect.change_counters(spec.target), dialect.counting_join(spec)};
  }
  std::string what_readers_see() const override { return "readers see the table as it was until the commit, then all changes at once; other writers wait"; }
};

class Append final : public MergeStrategy {
 public:
  std::string name() const override { return "append"; }
  PublishPlan plan(const PublishSpec& spec, const Dialect& dialect) const override { return {{}, dialect.insert(spec), std::nullopt, {}}; }
  std::string what_readers_see() const override { return "readers see none of the rows until the commit, then all of them"; }
};

class Reload final : public MergeStrategy {
 public:
  Reload(ReloadKind kind, bool cascade) : kind_(kind), cascade_(cascade) {}
  std::string name() const override { return "reload " + std::string(to_string(kind_)); }
  PublishPlan plan(const PublishSpec& spec, const Dialect& dialect) const override {
    // TRUNCATE locks the table by itself, but what it removes is counted before: other writers must be gone by then.
    return {dialect.lock_for_publish(spec.target), dialect.replace(spec, kind_, cascade_), std::nullopt, {}};
  }
  std::string what_readers_see() const override {
    if (kind_ == ReloadKind::delete_rows) return "readers see the old rows until the commit, then the new ones, whatever their snapshot";
    return "readers wait while the rows are replaced; a transaction whose snapshot is older than the commit sees an empty table afterwards (TRUNCATE is not MVCC-safe; --reload delete is)";
  }

 private:
  ReloadKind kind_;
  bool cascade_;
};

}  // namespace

std::unique_ptr<MergeStrategy> make_merge_strategy() { return std::make_unique<Merge>(); }
std::unique_ptr<MergeStrategy> make_append_strategy() { return std::make_unique<Append>(); }
std::unique_ptr<MergeStrategy> make_reload_strategy(ReloadKind kind, bool cascade) { return std::make_unique<Reload>(kind, cascade); }

}  // namespace millrace
