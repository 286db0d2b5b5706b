#include "load/csv/unit_hash.hpp"

// Inline, so that the hash is compiled with our own flags and no packaged library decides about its speed.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace millrace::csv {

struct UnitHash::State {
  XXH3_state_t xxh;
};

UnitHash::UnitHash() : state_(std::make_unique<State>()) { start(); }
UnitHash::~UnitHash() = default;

void UnitHash::start() { XXH3_128bits_reset(&state_->xxh); }

void UnitHash::add(const char* bytes, std::size_t size) { XXH3_128bits_update(&state_->xxh, bytes, size); }

std::string UnitHash::digest() const {
  constexpr char kHex[] = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh));
  std::string text;
  for (const unsigned char byte : canonical.digest) text += {kHex[byte >> 4], kHex[byte & 15]};
  return text;
}

}  // namespace millrace::csv
