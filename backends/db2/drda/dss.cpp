#include "db2/drda/dss.hpp"

#include <algorithm>

namespace millrace::drda {
namespace {

constexpr std::uint8_t kDssId = 0xD0;
constexpr std::uint16_t kContinued = 0x8000;
constexpr std::size_t kBlockLength = 2;
constexpr std::size_t kFirstPayload = kLongestDssBlock - kDssHeader;
constexpr std::size_t kNextPayload = kLongestDssBlock - kBlockLength;

}  // namespace

std::size_t begin_dss(Buffer& out, DssType type, std::uint8_t flags, std::uint16_t correlator) {
  const std::size_t start = out.size();
  std::uint8_t* at = out.extend(kDssHeader);
  at[2] = kDssId;
  at[3] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) | flags);
  store(at + 4, correlator);
  return start;
}

void finish_dss(Buffer& out, std::size_t start) {
  const std::size_t payload = out.size() - start - kDssHeader;
  if (payload <= kFirstPayload) {
    store(out.data() + start, static_cast<std::uint16_t>(payload + kDssHeader));
    return;
  }
  store(out.data() + start, static_cast<std::uint16_t>(kLongestDssBlock | kContinued));
  const std::size_t behind_first = payload - kFirstPayload;
  const std::size_t blocks = (behind_first + kNextPayload - 1) / kNextPayload;
  out.extend(blocks * kBlockLength);
  // From the last block to the first, so that nothing is overwritten before it has moved.
  std::uint8_t* const first = out.data() + start + kLongestDssBlock;
  for (std::size_t i = blocks; i-- > 0;) {
    const std::size_t size = std::min(kNextPayload, behind_first - i * kNextPayload);
    std::uint8_t* const block = first + i * kLongestDssBlock;
    std::memmove(block + kBlockLength, first + i * kNextPayload, size);
    store(block, static_cast<std::uint16_t>((size + kBlockLength) | (i + 1 < blocks ? kContinued : 0)));
  }
}

void DssDecoder::feed(Bytes bytes) {
  if (begin_ != 0 && begin_ >= arrived_.size() / 2) {
    arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  if (arrived_.size() - begin_ + bytes.size() > most_bytes_) fail_protocol("it is too long");
  arrived_.insert(arrived_.end(), bytes.begin(), bytes.end());
}

std::optional<Dss> DssDecoder::next() {
  if (!continued_) {
    const Bytes bytes = unread();
    if (bytes.size() < kDssHeader) {
      // What is there must be right, or a peer that speaks another protocol would be waited for.
      if (bytes.size() > 2 && bytes[2] != kDssId) fail_protocol("a structure does not start with D0");
      return std::nullopt;
    }
    if (bytes[2] != kDssId) fail_protocol("a structure does not start with D0");
    const std::uint16_t length = load<std::uint16_t>(bytes.data());
    const std::size_t block = (length & kContinued) != 0 ? kLongestDssBlock : length;
    if (block < kDssHeader) fail_protocol("a structure is shorter than its header");
    const std::uint8_t format = bytes[3];
    const int type = format & 0x0F;
    if (type != static_cast<int>(DssType::reply) && type != static_cast<int>(DssType::object)) fail_protocol("a structure is neither reply nor object");
    if (bytes.size() < block) return std::nullopt;
    current_.type = static_cast<DssType>(type);
    current_.chained = (format & dss_flag::chained) != 0;
    current_.same_correlator = (format & dss_flag::same_correlator) != 0;
    current_.correlator = load<std::uint16_t>(bytes.data() + 4);
    begin_ += block;
    if ((length & kContinued) == 0) {
      current_.payload = bytes.subspan(kDssHeader, block - kDssHeader);
      return current_;
    }
    joined_.assign(bytes.begin() + kDssHeader, bytes.begin() + static_cast<std::ptrdiff_t>(block));
    continued_ = true;
  }
  if (!take_continuations()) return std::nullopt;
  continued_ = false;
  current_.payload = joined_;
  return current_;
}

bool DssDecoder::take_continuations() {
  for (;;) {
    const Bytes bytes = unread();
    if (bytes.size() < kBlockLength) return false;
    const std::uint16_t length = load<std::uint16_t>(bytes.data());
    const bool more = (length & kContinued) != 0;
    const std::size_t block = length & ~kContinued;
    if (block <= kBlockLength) fail_protocol("a continuation block is empty");
    if (bytes.size() < block) return false;
    if (joined_.size() + block > most_bytes_) fail_protocol("it is too long");
    joined_.insert(joined_.end(), bytes.begin() + kBlockLength, bytes.begin() + static_cast<std::ptrdiff_t>(block));
    begin_ += block;
    if (!more) return true;
  }
}

}  // namespace millrace::drda
