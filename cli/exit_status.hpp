#pragma once
// docs/command-line.md, Exit status. 0 to 4 are those of a RunReport.

#include <stdexcept>

namespace millrace::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 64;
inline constexpr int kSignal = 128;  ///< + the signal's number

/// Wrong usage: an unknown option, a missing one, a bad value in an option or a job file.
class UsageError : public std::runtime_error { public: using std::runtime_error::runtime_error; };

}  // namespace millrace::cli
