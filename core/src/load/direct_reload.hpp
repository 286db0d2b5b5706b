#pragma once
// `--reload direct`: TRUNCATE and the bulk write in one transaction on one connection.

#include "load/load_context.hpp"
#include "load/publisher.hpp"

namespace millrace {

/// Nothing of it is committed before its end: a failure leaves the target as it was, and a resume starts over.
void reload_directly(Connection& connection, RunContext& run, Source& source, bool allow_empty, RunReport& report, const std::function<void()>& on_tick);

}  // namespace millrace
