#pragma once
// The layers that open_byte_stream() stacks: file, decompression, conversion.

#include <memory>
#include <string>

#include "millrace/load/csv.hpp"

namespace millrace::csv {

/// A file, or standard input for "-". @throws DataError
std::unique_ptr<ByteStream> open_file(const std::string& path);

/// Decompresses gzip and zstd, recognized by content; anything else passes through. `name` is for messages.
std::unique_ptr<ByteStream> decompressing(std::unique_ptr<ByteStream> inner, std::string name);

/// Converts `encoding` to UTF-8. @throws Error{config}  iconv does not know the encoding
std::unique_ptr<ByteStream> converting(std::unique_ptr<ByteStream> inner, const std::string& encoding, std::string name);

/// UTF-8 by any of its names: nothing to convert.
bool is_utf8(const std::string& encoding);

/// What messages call the input at `path`.
std::string display_name(const std::string& path);

/// Reads until `size` bytes are there or the input ends.
std::size_t read_fully(ByteStream& stream, char* into, std::size_t size);

}  // namespace millrace::csv
