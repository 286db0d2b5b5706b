#include "support/dss.hpp"

#include <optional>
#include <stdexcept>

namespace millrace::test {
namespace {

constexpr std::size_t kHeader = 6;        // length, 0xD0, format, correlator
constexpr std::size_t kBlockHeader = 2;   // of what continues a long one: length

std::uint16_t uint16_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 | static_cast<unsigned char>(bytes[at + 1]));
}

// The size of the first DSS with all of its blocks, once that much is known.
std::optional<std::size_t> size_of_first(std::string_view bytes) {
  std::size_t end = 0;
  std::size_t header = kHeader;
  while (bytes.size() >= end + header) {
    if (end == 0 && static_cast<unsigned char>(bytes[2]) != 0xD0) throw std::runtime_error("what passes the proxy is no DRDA");
    const std::uint16_t length = uint16_at(bytes, end);
    const std::size_t size = length & 0x7FFFU;
    if (size < header) throw std::runtime_error("what passes the proxy is no DRDA: a length of " + std::to_string(size));
    end += size;
    if ((length & 0x8000U) == 0) return end;
    header = kBlockHeader;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Dss> DssSplitter::feed(std::string_view bytes) {
  rest_ += bytes;
  std::vector<Dss> complete;
  std::size_t begin = 0;
  while (const auto size = size_of_first(std::string_view(rest_).substr(begin))) {
    if (rest_.size() - begin < *size) break;
    Dss& dss = complete.emplace_back();
    dss.bytes = rest_.substr(begin, *size);
    if (*size >= kHeader + 4) dss.code_point = uint16_at(dss.bytes, kHeader + 2);
    begin += *size;
  }
  rest_.erase(0, begin);
  return complete;
}

}  // namespace millrace::test
