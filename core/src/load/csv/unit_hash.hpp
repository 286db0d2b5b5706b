#pragma once
// XXH3-128 of a unit, taken piece by piece while the bytes are still in the cache.

#include <cstddef>
#include <memory>
#include <string>

namespace millrace::csv {

class UnitHash {
 public:
  UnitHash();
  ~UnitHash();
  UnitHash(const UnitHash&) = delete;
  UnitHash& operator=(const UnitHash&) = delete;

  void start();
  void add(const char* bytes, std::size_t size);
  /// 32 hex digits, as `xxhsum -H2` prints them.
  std::string digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::csv
