#include "db2/drda/ddm.hpp"

namespace millrace::drda {
namespace {

constexpr std::size_t kHeader = 4;
constexpr std::size_t kLongestShort = 0x7FFF;
constexpr std::uint16_t kExtended = 0x8000;
constexpr std::size_t kExtendedLength = 4;

}  // namespace

std::optional<DdmObject> next_ddm(Reader& reader) {
  if (reader.at_end()) return std::nullopt;
  const std::uint16_t length = reader.u16();
  DdmObject object;
  object.code_point = reader.u16();
  if ((length & kExtended) == 0) {
    if (length < kHeader) fail_protocol("an object is shorter than its header");
    object.data = reader.take(length - kHeader);
    return object;
  }
  const std::size_t length_bytes = static_cast<std::size_t>(length & ~kExtended) - kHeader;
  std::uint64_t size = 0;
  switch (length_bytes) {
    case 0: size = reader.remaining(); break;  // a stream whose end is that of its DSS
    case 4: size = reader.u32(); break;
    case 6: size = std::uint64_t{reader.u16()} << 32; size |= reader.u32(); break;
    case 8: size = reader.number<std::uint64_t>(); break;
    default: fail_protocol("an object has an impossible extended length");
  }
  if (size > reader.remaining()) fail_protocol("an object is longer than its structure");
  object.data = reader.take(static_cast<std::size_t>(size));
  return object;
}

std::optional<Bytes> find_ddm(Bytes objects, cp::CodePoint code_point) {
  Reader reader(objects);
  while (const std::optional<DdmObject> object = next_ddm(reader)) {
    if (object->code_point == code_point) return object->data;
  }
  return std::nullopt;
}

std::size_t begin_ddm(Buffer& out, cp::CodePoint code_point) {
  const std::size_t start = out.size();
  store(out.extend(kHeader) + 2, code_point);
  return start;
}

void finish_ddm(Buffer& out, std::size_t start) {
  const std::size_t size = out.size() - start;
  if (size <= kLongestShort) {
    store(out.data() + start, static_cast<std::uint16_t>(size));
    return;
  }
  out.insert(start + kHeader, kExtendedLength);
  store(out.data() + start, static_cast<std::uint16_t>(kExtended | (kHeader + kExtendedLength)));
  store(out.data() + start + kHeader, static_cast<std::uint32_t>(size - kHeader));
}

void put_ddm(Buffer& out, cp::CodePoint code_point, Bytes data) {
  const std::size_t start = begin_ddm(out, code_point);
  out.put(data);
  finish_ddm(out, start);
}

void put_ddm8(Buffer& out, cp::CodePoint code_point, std::uint8_t value) { put_ddm(out, code_point, {&value, 1}); }

void put_ddm16(Buffer& out, cp::CodePoint code_point, std::uint16_t value) {
  std::uint8_t bytes[sizeof value];
  store(bytes, value);
  put_ddm(out, code_point, bytes);
}

void put_ddm32(Buffer& out, cp::CodePoint code_point, std::uint32_t value) {
  std::uint8_t bytes[sizeof value];
  store(bytes, value);
  put_ddm(out, code_point, bytes);
}

}  // namespace millrace::drda
