#pragma once
// "Did you mean ...?"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The one of `known` that `word` most likely was meant to be; empty when none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace millrace
