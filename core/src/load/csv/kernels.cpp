#include "load/csv/kernels.hpp"

#include <bit>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#define MILLRACE_CSV_X86 1
#endif

// Each instruction set has the same loops in a namespace of its own. A target pragma instead of compiler flags: with flags, inline functions of the
// standard library could be compiled for AVX2 and then be picked by the linker for the whole program.
namespace millrace::csv {
namespace {

inline std::uint64_t prefix_xor_by_shifts(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// The builtin is a call into a table where the processor's own instruction cannot be assumed.
inline int count_bits_by_sums(std::uint64_t bits) {
  bits -= (bits >> 1) & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<int>((bits * 0x0101010101010101) >> 56);
}

namespace portable {
struct Block {
  explicit Block(const char* bytes) { std::memcpy(words_, bytes, sizeof words_); }
  std::uint64_t equal(char byte) const {
    constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7f;
    const std::uint64_t wanted = 0x0101010101010101 * static_cast<unsigned char>(byte);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      // The high bit of each byte that is zero; no carry crosses bytes. The product gathers the eight of them in the top byte.
      const std::uint64_t other = words_[i] ^ wanted;
      const std::uint64_t zeros = ~(((other & kLow) + kLow) | other | kLow) >> 7;
      if constexpr (std::endian::native == std::endian::little) bits |= ((zeros * 0x0102040810204080) >> 56) << (8 * i);
      else bits |= ((zeros * 0x8040201008040201) >> 56) << (8 * i);
    }
    return bits;
  }
  std::uint64_t words_[8];
};
inline int count_bits(std::uint64_t bits) { return count_bits_by_sums(bits); }
inline std::uint64_t prefix_xor(std::uint64_t bits) { return prefix_xor_by_shifts(bits); }
#include "load/csv/kernels_body.hpp"
}  // namespace portable

#ifdef MILLRACE_CSV_X86
namespace sse2 {
struct Block {
  explicit Block(const char* bytes) {
    for (int i = 0; i < 4; ++i) parts_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
  }
  std::uint64_t equal(char byte) const {
    const __m128i wanted = _mm_set1_epi8(byte);
    std::uint64_t bits = 0;
    for (int i = 0; i < 4; ++i) {
      bits |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(parts_[i], wanted)))) << (16 * i);
    }
    return bits;
  }
  __m128i parts_[4];
};
inline int count_bits(std::uint64_t bits) { return count_bits_by_sums(bits); }
inline std::uint64_t prefix_xor(std::uint64_t bits) { return prefix_xor_by_shifts(bits); }
#include "load/csv/kernels_body.hpp"
}  // namespace sse2

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi,popcnt,pclmul"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,popcnt,pclmul")
#endif
namespace avx2 {
struct Block {
  explicit Block(const char* bytes)
      : low_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes))), high_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes) + 1)) {}
  std::uint64_t equal(char byte) const {
    const __m256i wanted = _mm256_set1_epi8(byte);
    const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low_, wanted)));
    const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high_, wanted)));
    return low | static_cast<std::uint64_t>(high) << 32;
  }
  __m256i low_;
  __m256i high_;
};
inline int count_bits(std::uint64_t bits) { return __builtin_popcountll(bits); }
/// A carry-less product with all ones is the prefix parity (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019).
inline std::uint64_t prefix_xor(std::uint64_t bits) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(bits)), _mm_set1_epi8(-1), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}
#include "load/csv/kernels_body.hpp"
}  // namespace avx2
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

std::vector<Kernels> find_kernels() {
  std::vector<Kernels> found;
#ifdef MILLRACE_CSV_X86
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul")) {
    found.push_back(avx2::make_kernels("avx2"));
  }
  found.push_back(sse2::make_kernels("sse2"));
#endif
  found.push_back(portable::make_kernels("portable"));
  return found;
}

}  // namespace

std::span<const Kernels> all_kernels() {
  static const std::vector<Kernels> all = find_kernels();
  return all;
}

const Kernels& kernels() { return all_kernels().front(); }

}  // namespace millrace::csv
