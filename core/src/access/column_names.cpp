#include "access/column_names.hpp"

#include <algorithm>

#include "millrace/access/error.hpp"

namespace millrace {
namespace {

constexpr std::size_t kMostListed = 20;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(static_cast<unsigned char>(x)) == lower(static_cast<unsigned char>(y)); });
}

[[noreturn]] void ambiguous(std::string_view wanted, const std::string& first, const std::string& second, std::string_view where) {
  const std::string name(wanted), place(where);
  if (first == second) throw DataError(place + " has two columns \"" + name + "\": name one of them with AS");
  throw DataError("column \"" + name + "\" could be \"" + first + "\" or \"" + second + "\" of " + place + ": write it exactly");
}

}  // namespace

std::size_t find_column(const std::vector<std::string>& names, std::string_view wanted, std::string_view where) {
  const auto search = [&](auto&& same) {
    const auto found = std::find_if(names.begin(), names.end(), same);
    if (found == names.end()) return kNoColumn;
    const auto second = std::find_if(found + 1, names.end(), same);
    if (second != names.end()) ambiguous(wanted, *found, *second, where);
    return static_cast<std::size_t>(found - names.begin());
  };
  const std::size_t exact = search([&](const std::string& name) { return name == wanted; });
  return exact != kNoColumn ? exact : search([&](const std::string& name) { return equal_ignoring_case(name, wanted); });
}

std::string list_columns(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == kMostListed) return text + ", ... (" + std::to_string(names.size()) + " in all)";
    text.append(i == 0 ? "" : ", ").append(names[i]);
  }
  return text.empty() ? "none" : text;
}

}  // namespace millrace
