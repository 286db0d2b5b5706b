#pragma once
// Data stream structures (DSS), the envelopes of DDM: length, D0, format, correlator, payload. A payload that does not fit into 32,767 bytes goes on in
// continuation blocks, each behind a length of its own. C114, "DSS - Data Stream Structures".

#include <optional>
#include <vector>

#include "db2/drda/bytes.hpp"

namespace millrace::drda {

enum class DssType : std::uint8_t { request = 1, reply = 2, object = 3, communication = 4, request_without_reply = 5 };

namespace dss_flag {
inline constexpr std::uint8_t chained = 0x40;            ///< another DSS follows
inline constexpr std::uint8_t continue_on_error = 0x20;  ///< the chain's next command runs even if this one fails
inline constexpr std::uint8_t same_correlator = 0x10;    ///< the DSS that follows belongs to the same command
}  // namespace dss_flag

inline constexpr std::size_t kDssHeader = 6;
inline constexpr std::size_t kLongestDssBlock = 32'767;
inline constexpr std::size_t kMostCorrelators = 65'534;

/// Starts a DSS at the buffer's end.
/// @return where it starts, for finish_dss()
std::size_t begin_dss(Buffer& out, DssType type, std::uint8_t flags, std::uint16_t correlator);

/// Ends the DSS that reaches from `start` to the buffer's end: sets its length, cuts it into continuation blocks if it is long.
void finish_dss(Buffer& out, std::size_t start);

/// Makes a DSS the last of its chain.
inline void unchain_dss(std::uint8_t* dss) { dss[3] &= 0x0F; }

/// One that has arrived in full.
struct Dss {
  DssType type = DssType::reply;
  bool chained = false;
  bool same_correlator = false;
  std::uint16_t correlator = 0;
  Bytes payload;                   ///< of all its blocks; until the decoder's next call
};

/// Takes bytes as they arrive and hands out whole DSSs. What it holds is what has arrived, never what a length only announces.
class DssDecoder {
 public:
  /// The most bytes of one DSS, and of what has arrived and was not taken yet.
  explicit DssDecoder(std::size_t most_bytes = std::size_t{1} << 30) : most_bytes_(most_bytes) {}

  /// @throws Failure 58009  more than most_bytes wait to be taken
  void feed(Bytes bytes);
  /// @return nothing until the next one is whole. @throws Failure 58009  these are no DSSs
  std::optional<Dss> next();

 private:
  Bytes unread() const { return {arrived_.data() + begin_, arrived_.size() - begin_}; }
  bool take_continuations();

  std::vector<std::uint8_t> arrived_;
  std::size_t begin_ = 0;              ///< of what is unread
  std::vector<std::uint8_t> joined_;   ///< payload of a continued DSS
  Dss current_;
  bool continued_ = false;
  std::size_t most_bytes_;
};

}  // namespace millrace::drda
