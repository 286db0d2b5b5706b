#pragma once
// DRDA's stream of bytes, cut where its structures (DSS) end. Source: The Open Group, DRDA Version 5, volume 3 (DDM), "Data Stream Structures".

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::test {

struct Dss {
  std::string bytes;               ///< header, continuation blocks and all
  std::uint16_t code_point = 0;    ///< of its first object; 0: it has none
};

/// Takes one direction of a connection as it arrives.
class DssSplitter {
 public:
  /// The DSSs that are complete now. @throws std::runtime_error  the bytes are none
  std::vector<Dss> feed(std::string_view bytes);

 private:
  std::string rest_;
};

}  // namespace millrace::test
