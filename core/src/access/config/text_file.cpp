#include "access/config/text_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace millrace {
namespace {
struct Close { void operator()(std::FILE* file) const noexcept { std::fclose(file); } };
}  // namespace

TextFile read_text_file(const std::string& path) {
  TextFile result;
  errno = 0;
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) return {{}, errno};
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) result.text.append(buffer.data(), count);
  if (std::ferror(file.get())) return {{}, errno};  // a directory can be opened but not read
  return result;
}

std::optional<std::string> read_first_line(const std::string& path) {
  TextFile file = read_text_file(path);
  if (file.error != 0) return std::nullopt;
  std::string line = file.text.substr(0, file.text.find('\n'));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

}  // namespace millrace
