#pragma once
// How a product's catalog is read: its queries are here, the session that runs them is the backend's.

#include <functional>
#include <string>
#include <vector>

namespace millrace {

/// The rows of a result as text; a NULL is empty.
using TextRows = std::vector<std::vector<std::string>>;

/// Runs a query with texts for its parameters, which the query numbers as the product does (`$1`, `?1`) and may use more than once.
using Ask = std::function<TextRows(const std::string& sql, const std::vector<std::string>& texts)>;

}  // namespace millrace
