#pragma once
// Bytes for the DRDA codec's tests: as hexadecimal text, and from recorded exchanges.

#include <string>
#include <vector>

#include "db2/drda/bytes.hpp"
#include "db2/drda/commands.hpp"
#include "db2/drda/reply.hpp"
#include "db2/drda/server_traits.hpp"

namespace millrace::drda_test {

using Octets = std::vector<std::uint8_t>;

/// "0010 d002": blanks do not matter.
Octets from_hex(std::string_view text);
std::string to_hex(drda::Bytes bytes);
inline std::string to_hex(drda::Buffer& buffer) { return to_hex(buffer.bytes()); }

/// What a recorded exchange's sides said, of tests/data/drda/NAME.txt.
struct Exchange {
  std::vector<std::string> client, server;   ///< structures as hexadecimal text

  std::string sent(std::size_t first = 0, std::size_t count = std::string::npos) const;
};
Exchange recorded(const std::string& name);

/// Hands the recorded server's structures from `first` on to a handler, until one is not chained.
/// @return how many it were
std::size_t replay(const Exchange& exchange, drda::ReplyHandler& handler, std::size_t first = 0);

inline const drda::ServerTraits& derby() { return drda::traits_of("Apache Derby"); }
inline const drda::ServerTraits& db2() { return drda::traits_of("QDB2/LINUXX8664"); }

/// The section that the recorded client used.
drda::Section recorded_section(std::uint16_t number);

/// The state of the Failure that must come, "" if none comes.
template <class Work> std::string state_of(Work&& work) {
  try {
    work();
  } catch (const drda::Failure& failure) {
    return failure.sqlca().state;
  }
  return {};
}

}  // namespace millrace::drda_test
