#pragma once
// The pieces that a run's report and `show` have in common.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "millrace/load/report.hpp"

namespace millrace {

// As text
std::string counts_section(const RunCounts& counts, const std::string& reject_file, std::optional<std::int64_t> target_rows);
std::string writers_section(const RunReport& report);
std::string checks_section(const std::vector<ReconciliationCheck>& checks);
/// Seconds with three decimals: "4.210".
std::string seconds_text(std::chrono::nanoseconds duration);

// As JSON
nlohmann::ordered_json counts_to_json(const RunCounts& counts);
nlohmann::ordered_json checks_to_json(const std::vector<ReconciliationCheck>& checks);
nlohmann::ordered_json report_to_json(const RunReport& report);
/// Indented; bytes that are no UTF-8 (a file's name) are replaced.
std::string dump(const nlohmann::ordered_json& json);

}  // namespace millrace
