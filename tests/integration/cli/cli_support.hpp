#pragma once

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "child_process.hpp"

namespace millrace::test {

/// A folder with a.csv of three good records, bad.csv with one bad record among them, and a database `x.db` with the table t(id, name).
struct Workplace : TemporaryFolder {
  Workplace();
  Result run(const std::vector<std::string>& arguments, const std::string& input = "") const { return millrace(*this, arguments, input); }
  /// Rows of a table of x.db.
  std::int64_t rows(const std::string& table = "t") const;
  void sql(const std::string& statement) const;
};

inline const std::string kTo = "sqlite:x.db";

}  // namespace millrace::test
