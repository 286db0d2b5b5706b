#pragma once
// Staging rows and publishing them, as the loader does.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/database.hpp"

namespace millrace::conformance {

/// Creates the staging table NAME_stg for some columns of a target, fills it (SRC_ROW counts from 1) and describes the publish.
PublishSpec stage(Database& db, std::string_view target, const std::vector<std::string>& columns, const std::vector<std::string>& key, const Rows& rows);

struct Changes {
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t removed = 0;
  friend bool operator==(const Changes&, const Changes&) = default;
};
std::ostream& operator<<(std::ostream& out, const Changes& changes);

/// Runs the statements under the target's lock in one transaction, and counts as the loader does.
Changes publish(Database& db, const PublishSpec& spec, const std::vector<PublishStatement>& statements);
Changes merge(Database& db, const PublishSpec& spec);
/// What counting_join() foretells.
Changes foretold(Database& db, const PublishSpec& spec);

/// All rows of a table, ordered by all its columns.
Rows rows_of(Database& db, std::string_view table, std::string_view columns = "*");

}  // namespace millrace::conformance
