#pragma once
// What a pool says: its errors and its log lines.

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/pool/parts.hpp"
#include "millrace/access/log.hpp"

namespace millrace::pooling {

struct LogLine {
  LogLevel level;
  std::string_view event;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
};

std::exception_ptr timed_out(std::chrono::milliseconds timeout, const PoolStatistics& state, std::size_t opening, const std::string& last_error);
std::exception_ptr full(const PoolOptions& options);
std::exception_ptr closed(const PoolOptions& options);
std::exception_ptr cancelled();
std::exception_ptr no_thread(const std::string& reason);

/// The text of any exception, without a throw of its own.
std::string message_of(const std::exception_ptr& error);
/// The same error in an object of its own, for each of those who get it: they may be in different threads, and the count of the owners of a shared exception
/// is kept by the C++ runtime, where tools that look for races do not see it. An error of a class that is not Millrace's is shared.
std::exception_ptr own_copy(const std::exception_ptr& error);
/// It may succeed later: safe_to_retry() of an Error, no of anything else.
bool may_heal(const std::exception_ptr& error);

LogLine opened_line(const std::string& pool, std::size_t open, Duration took);
LogLine closed_line(const std::string& pool, std::size_t open, const char* reason);
LogLine acquired_line(const std::string& pool, const SourceLocation& place, Duration waited);
LogLine checked_line(const std::string& pool, Duration took, const std::string& error);
LogLine failed_line(const std::string& pool, const std::string& error, int failure, Duration delay);
LogLine lost_line(const std::string& pool, std::size_t retired);
LogLine timed_out_line(const std::string& pool, const std::exception_ptr& error);
LogLine leak_line(const std::string& pool, const SourceLocation& place, Duration age);
LogLine pool_closed_line(const std::string& pool, std::size_t still_open);

}  // namespace millrace::pooling
