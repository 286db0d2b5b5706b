#pragma once
// What a table looks like, from PostgreSQL's catalog.

#include <optional>

#include "millrace/data/types.hpp"
#include "products/ask.hpp"

namespace millrace::postgresql {

/// A table, view or partitioned table as the session finds it; nullopt when there is none.
///
/// A column of a domain has the kind of its base type, the domain's name as native type, and what the domain says of NULL and defaults.
std::optional<TableInfo> describe_table(const Ask& ask, const TableName& table);

}  // namespace millrace::postgresql
