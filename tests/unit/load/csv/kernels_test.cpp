#include <catch2/catch_test_macros.hpp>

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "load/csv/kernels.hpp"

using namespace millrace::csv;

namespace {

std::string random_bytes(std::uint64_t seed, std::size_t size) {
  static constexpr char kFew[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n";
  static constexpr char kMany[] = ",\"\n\r\na\xff\x80";
  std::mt19937_64 random(seed);
  const std::string_view alphabet = seed % 2 ? std::string_view(kFew, sizeof kFew - 1) : std::string_view(kMany, sizeof kMany - 1);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = alphabet[random() % alphabet.size()];
  return bytes;
}

auto scan_with(ScanKernel kernel, const std::string& bytes) {
  ScanState state;
  ScanTotals totals;
  const std::size_t half = bytes.size() / kBlock / 2;
  kernel(bytes.data(), half, '"', state, totals);
  const std::int64_t first_end = totals.last_end;
  kernel(bytes.data() + half * kBlock, bytes.size() / kBlock - half, '"', state, totals);
  return std::make_tuple(state.inside_quotes, state.after_cr, totals.records, totals.lines, first_end, totals.last_end, totals.stray);
}

struct Ends {
  std::vector<std::uint32_t> fields, records;
  friend bool operator==(const Ends&, const Ends&) = default;
};

Ends index_with(IndexKernel kernel, const std::string& bytes, std::uint32_t cut) {
  Ends ends;
  ends.fields.resize(bytes.size() + kIndexSlack);
  ends.records.resize(bytes.size() + kIndexSlack);
  IndexState state;
  state.first_end = state.ends = ends.fields.data();
  state.record_ends = ends.records.data();
  kernel(bytes.data(), 0, cut, {',', '"', '\n'}, state);
  kernel(bytes.data(), cut, static_cast<std::uint32_t>(bytes.size()), {',', '"', '\n'}, state);
  ends.fields.resize(static_cast<std::size_t>(state.ends - ends.fields.data()));
  ends.records.resize(static_cast<std::size_t>(state.record_ends - ends.records.data()));
  return ends;
}

Ends index_slowly(const std::string& bytes) {
  Ends ends;
  bool inside = false;
  std::uint32_t flag = 0;
  for (std::uint32_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '"') {
      inside = !inside;
      flag = kQuotedField;
    } else if (!inside && (bytes[i] == ',' || bytes[i] == '\n')) {
      ends.fields.push_back(i | flag);
      flag = 0;
      if (bytes[i] == '\n') ends.records.push_back(static_cast<std::uint32_t>(ends.fields.size()));
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("all instruction sets count the same records and lines", "[csv]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::string bytes = random_bytes(seed, kBlock * (1 + seed % 9));
    for (const LineEnd line_end : {LineEnd::lf, LineEnd::crlf, LineEnd::cr}) {
      const auto expected = scan_with(all_kernels().back().scan(line_end), bytes);
      for (const Kernels& kernels : all_kernels()) {
        INFO(kernels.name << ", seed " << seed);
        REQUIRE((scan_with(kernels.scan(line_end), bytes) == expected));
      }
    }
  }
}

TEST_CASE("all instruction sets find the ends of fields that a byte loop finds", "[csv]") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::string bytes = random_bytes(seed, seed % 400);
    const Ends expected = index_slowly(bytes);
    for (const Kernels& kernels : all_kernels()) {
      INFO(kernels.name << ", seed " << seed);
      REQUIRE((index_with(kernels.index, bytes, static_cast<std::uint32_t>(bytes.size() * (seed % 7) / 7)) == expected));
    }
  }
}
