#pragma once
// Functions that our own sessions add to SQLite, and that its SQL may then use.

namespace millrace::sqlite {

inline constexpr const char* kExactSum = "millrace_exact_sum";  ///< (value, scale): an aggregate that adds without rounding
inline constexpr const char* kNow = "millrace_now";             ///< (): the time at which the transaction began

}  // namespace millrace::sqlite
