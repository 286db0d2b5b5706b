#pragma once
// DDM objects: length, code point, data; a command is an object of parameters, a reply is one or several of them.

#include <optional>

#include "db2/drda/bytes.hpp"
#include "db2/drda/code_points.hpp"

namespace millrace::drda {

struct DdmObject {
  cp::CodePoint code_point = 0;
  Bytes data;

  Reader reader() const { return Reader(data); }
};

/// The next object, and the reader behind it.
/// @return nothing at the reader's end. @throws Failure 58009
std::optional<DdmObject> next_ddm(Reader& reader);

/// The first object of that code point within `objects`.
std::optional<Bytes> find_ddm(Bytes objects, cp::CodePoint code_point);

/// @return where it starts, for finish_ddm()
std::size_t begin_ddm(Buffer& out, cp::CodePoint code_point);
/// Sets the length; that of an object of more than 32,767 bytes is an extended one.
void finish_ddm(Buffer& out, std::size_t start);

void put_ddm(Buffer& out, cp::CodePoint code_point, Bytes data);
void put_ddm8(Buffer& out, cp::CodePoint code_point, std::uint8_t value);
void put_ddm16(Buffer& out, cp::CodePoint code_point, std::uint16_t value);
void put_ddm32(Buffer& out, cp::CodePoint code_point, std::uint32_t value);

/// DDM's truth values.
inline constexpr std::uint8_t kTrue = 0xF1;
inline constexpr std::uint8_t kFalse = 0xF0;

}  // namespace millrace::drda
