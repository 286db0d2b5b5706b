#pragma once
// Names of columns: finding what a caller means, and listing what there is.

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

inline constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

/// The column that a name means: exactly, else in any case of ASCII letters where that is unique. kNoColumn: none.
/// @param where  "table public.t": for the message
/// @throws DataError  the name fits several columns
std::size_t find_column(const std::vector<std::string>& names, std::string_view wanted, std::string_view where);

/// "a, b, c"; the first twenty of them.
std::string list_columns(const std::vector<std::string>& names);

}  // namespace millrace
