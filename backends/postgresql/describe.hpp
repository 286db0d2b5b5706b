#pragma once
// Reading a table's description from the catalogs.

#include <optional>

#include "millrace/data/types.hpp"
#include "postgresql/session.hpp"

namespace millrace::postgresql {

/// A table, view or partitioned table as the session finds it; nullopt when there is none.
///
/// A column of a domain has the kind of its base type, the domain's name as native type, and what the domain says of NULL and defaults.
std::optional<TableInfo> describe_table(Session& session, const TableName& table);

}  // namespace millrace::postgresql
