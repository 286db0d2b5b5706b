#pragma once
// What a table looks like, from Derby's catalog.

#include <optional>

#include "millrace/data/types.hpp"
#include "products/ask.hpp"

namespace millrace::derby {

/// A table or view; nullopt when there is none. Without a schema it is looked for in the session's. Synonyms are not followed.
///
/// An identity column that is GENERATED ALWAYS is `generated` as well: Derby has no OVERRIDING, and lets nobody write it.
/// @param ask  the queries have question marks, each for the next text
std::optional<TableInfo> describe_table(const Ask& ask, const TableName& table);

/// A type as the catalog spells it: "VARCHAR(20)", "CHAR (5) FOR BIT DATA", "DECIMAL(15,2) NOT NULL" (whose last words are left out).
SqlType catalog_type(std::string_view spelled);

}  // namespace millrace::derby
