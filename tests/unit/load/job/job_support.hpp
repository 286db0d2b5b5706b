#pragma once

#include <string>

#include "millrace/access/error.hpp"
#include "millrace/load/job.hpp"

namespace millrace::test {

/// A job that is valid as it is.
inline LoadJob minimal_job() {
  LoadJob job;
  job.source = "trades.csv";
  job.to = "sqlite:trades.db";
  job.table = "trades";
  return job;
}

/// The message of the ConfigError that `action` throws; empty when it throws none.
template <class F> std::string refusal(F&& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

inline std::string refusal_of(const LoadJob& job) { return refusal([&] { job.validate(); }); }
inline std::string refusal_of_json(const std::string& json, std::string_view origin = "job.json") { return refusal([&] { parse_job(json, origin); }); }

}  // namespace millrace::test
