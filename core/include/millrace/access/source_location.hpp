#pragma once
// The place of a call, where the compiler can tell it.

#if __has_include(<source_location>)
#include <source_location>
#endif

namespace millrace {

#if defined(__cpp_lib_source_location)
using SourceLocation = std::source_location;
#else
/// The part of std::source_location that the library uses, for compilers without it (clang 14).
struct SourceLocation {
  const char* file = "";
  unsigned at_line = 0;
  static SourceLocation current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) noexcept { return {file, line}; }
  const char* file_name() const noexcept { return file; }
  unsigned line() const noexcept { return at_line; }
};
#endif

}  // namespace millrace
