#pragma once
// The strings that units' bytes live in, used again and again.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/load/source.hpp"

namespace millrace::csv {

/// A spare string keeps its size, because growing a std::string writes zeros over the new bytes first.
/// @thread_safety  Any thread: units are let go wherever their commit is acknowledged.
class UnitBuffers : public std::enable_shared_from_this<UnitBuffers> {
 public:
  /// A string that is larger than `keep_bytes` (it held a long record) is freed instead of kept.
  explicit UnitBuffers(std::size_t keep_bytes) : keep_bytes_(keep_bytes) {}

  std::unique_ptr<std::string> take() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return std::make_unique<std::string>();
    std::unique_ptr<std::string> buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  /// Hands the string out for reading; it comes back when the last owner lets go, unless the source is gone by then.
  UnitBytes share(std::unique_ptr<std::string> buffer) {
    std::string* raw = buffer.release();
    return UnitBytes(raw, [pool = weak_from_this()](std::string* done) {
      std::unique_ptr<std::string> owner(done);
      if (const std::shared_ptr<UnitBuffers> alive = pool.lock()) alive->give_back(std::move(owner));
    });
  }

 private:
  static constexpr std::size_t kMostSpare = 4;

  void give_back(std::unique_ptr<std::string> buffer) {
    if (buffer->capacity() > keep_bytes_) return;
    const std::lock_guard lock(mutex_);
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(buffer));
  }

  const std::size_t keep_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<std::string>> spare_;
};

}  // namespace millrace::csv
