#pragma once
// A query's rows as batches.

#include <memory>
#include <string>
#include <vector>

#include "common/cli/session.hpp"
#include "millrace/access/batch_reader.hpp"
#include "millrace/data/value.hpp"

namespace millrace::MILLRACE_CLI {

/// The memory is as flat as the driver's: some hold a whole result before they hand out its first row.
std::unique_ptr<BatchReader> open_row_reader(std::shared_ptr<Session> session, const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options);

}  // namespace millrace::MILLRACE_CLI
