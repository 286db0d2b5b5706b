#include "db2/drda/fdoca.hpp"

#include <algorithm>

namespace millrace::drda::fdoca {
namespace {

constexpr std::size_t kMostInGroup = 84;
constexpr std::size_t kTripletHeader = 3;
constexpr std::size_t kValueSize = 3;
constexpr std::uint8_t kGroup = 0x76;             // N-GDA
constexpr std::uint8_t kGroupContinued = 0x7F;    // CPT
constexpr std::uint8_t kRepetition = 0x71;        // RLO
constexpr std::uint8_t kMetadata = 0x78;          // MDD
constexpr std::uint8_t kScalar = 0x70;            // SDA
constexpr std::uint8_t kDataGroup = 0xD0;         // SQLDTAGRP
constexpr std::uint8_t kDataRow[] = {0x06, kRepetition, 0xE4, kDataGroup, 0x00, 0x01};  // SQLDTA

}  // namespace

std::vector<Value> read_descriptor(Bytes descriptor) {
  std::vector<Value> values;
  bool repeated = false;
  Reader reader(descriptor);
  while (!reader.at_end()) {
    const std::uint8_t length = reader.u8();
    if (length < kTripletHeader) fail_protocol("a row's description has a triplet without header");
    Reader triplet(reader.take(length - 1u));
    const std::uint8_t type = triplet.u8();
    triplet.u8();  // local identifier
    switch (type) {
      case kGroup:
      case kGroupContinued:
        if (repeated) fail_protocol("a row's description goes on behind its end");
        if ((length - kTripletHeader) % kValueSize != 0) fail_protocol("a row's description has half a value");
        while (!triplet.at_end()) {
          Value value;
          value.type = triplet.u8();
          value.length = triplet.u16();
          values.push_back(value);
        }
        break;
      case kRepetition: repeated = true; break;
      case kMetadata: break;
      // Overrides (SDA) change how a type is encoded; a server sends them only for encodings that the client did not ask for.
      case kScalar: fail_protocol("a row's description overrides its types");
      default: fail_protocol("a row's description has an unknown triplet");
    }
  }
  if (values.empty() || !repeated) fail_protocol("a row's description is incomplete");
  return values;
}

void write_descriptor(Buffer& out, const std::vector<Value>& values) {
  for (std::size_t first = 0; first < values.size(); first += kMostInGroup) {
    const std::size_t count = std::min(kMostInGroup, values.size() - first);
    out.put8(static_cast<std::uint8_t>(kTripletHeader + kValueSize * count));
    out.put8(first == 0 ? kGroup : kGroupContinued);
    out.put8(first == 0 ? kDataGroup : 0);
    for (std::size_t i = first; i < first + count; ++i) {
      out.put8(values[i].type);
      out.put16(values[i].length);
    }
  }
  out.put(kDataRow);
}

}  // namespace millrace::drda::fdoca
