#include "access/pool/messages.hpp"

#include <typeinfo>

namespace millrace::pooling {
namespace {

std::string milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::string place_of(const SourceLocation& place) { return std::string(place.file_name()) + ":" + std::to_string(place.line()); }

std::exception_ptr pool_error(ErrorCode code, std::string message, bool safe_to_retry) {
  ErrorInfo info;
  info.code = code;
  info.message = std::move(message);
  info.safe_to_retry = safe_to_retry;
  return std::make_exception_ptr(PoolError(std::move(info)));
}

}  // namespace

std::exception_ptr timed_out(std::chrono::milliseconds timeout, const PoolStatistics& state, std::size_t opening, const std::string& last_error) {
  const std::size_t others = state.open - state.idle - state.in_use - opening;
  std::string message = "pool '" + state.name + "': no connection became free within " + std::to_string(timeout.count()) + " ms (" + std::to_string(state.open) + " of at most " +
                        std::to_string(state.max) + " open: " + std::to_string(state.idle) + " idle, " + std::to_string(state.in_use) + " in use, " + std::to_string(opening) +
                        " opening, " + std::to_string(others) + " being checked or closed; " + std::to_string(state.waiting) + " waiting); ";
  message += last_error.empty() ? "return leases sooner or enlarge the pool" : "the last attempt to connect failed: " + last_error;
  return pool_error(ErrorCode::pool_timeout, std::move(message), true);
}

std::exception_ptr full(const PoolOptions& options) {
  return pool_error(ErrorCode::pool_full, "pool '" + options.name + "': " + std::to_string(options.max_waiting) + " acquires wait already, which is pool.max_waiting; ask for less at once or enlarge the pool", true);
}

std::exception_ptr closed(const PoolOptions& options) {
  return pool_error(ErrorCode::pool_closed, "pool '" + options.name + "' is closed: it gives out no more connections; to go on, make a new pool", false);
}

std::exception_ptr cancelled() { return std::make_exception_ptr(Error(ErrorCode::cancelled, "the wait for a connection was cancelled")); }

std::exception_ptr no_thread(const std::string& reason) {
  ErrorInfo info;
  info.code = ErrorCode::resources;
  info.message = "a pool could not start a thread to open connections: " + reason + "; raise the limit on threads";
  info.safe_to_retry = true;
  return std::make_exception_ptr(DatabaseError(std::move(info)));
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

std::exception_ptr own_copy(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& original) {
    try {
      rethrow_as(original, original.info());
    } catch (const Error& copy) {
      if (typeid(copy) == typeid(original)) return std::current_exception();
    }
  } catch (...) {
  }
  return error;
}

bool may_heal(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return e.safe_to_retry();
  } catch (...) {
    return false;
  }
}

LogLine opened_line(const std::string& pool, std::size_t open, Duration took) {
  return {LogLevel::info, "connection.opened", "pool '" + pool + "' opened a connection; " + std::to_string(open) + " are open", {{"pool", pool}, {"open", std::to_string(open)}, {"ms", milliseconds(took)}}};
}

LogLine closed_line(const std::string& pool, std::size_t open, const char* reason) {
  return {LogLevel::info, "connection.closed", "pool '" + pool + "' closed a connection (" + reason + "); " + std::to_string(open) + " are open", {{"pool", pool}, {"reason", reason}, {"open", std::to_string(open)}}};
}

LogLine acquired_line(const std::string& pool, const SourceLocation& place, Duration waited) {
  return {LogLevel::debug, "connection.acquired", "pool '" + pool + "' lent a connection to " + place_of(place), {{"pool", pool}, {"place", place_of(place)}, {"waited_ms", milliseconds(waited)}}};
}

LogLine checked_line(const std::string& pool, Duration took, const std::string& error) {
  return {LogLevel::debug, "connection.checked", "pool '" + pool + "' checked a connection: " + (error.empty() ? "it works" : error), {{"pool", pool}, {"ok", error.empty() ? "true" : "false"}, {"ms", milliseconds(took)}}};
}

LogLine failed_line(const std::string& pool, const std::string& error, int failure, Duration delay) {
  return {LogLevel::warning, "connection.failed", "pool '" + pool + "' could not connect: " + error, {{"pool", pool}, {"attempt", std::to_string(failure)}, {"delay_ms", milliseconds(delay)}}};
}

LogLine lost_line(const std::string& pool, std::size_t retired) {
  return {LogLevel::warning, "pool.lost", "pool '" + pool + "' found a connection lost and retires its " + std::to_string(retired) + " idle ones", {{"pool", pool}, {"retired", std::to_string(retired)}}};
}

LogLine timed_out_line(const std::string& pool, const std::exception_ptr& error) {
  return {LogLevel::warning, "pool.timed_out", message_of(error), {{"pool", pool}}};
}

LogLine leak_line(const std::string& pool, const SourceLocation& place, Duration age) {
  return {LogLevel::warning, "pool.leak", "pool '" + pool + "': the connection acquired at " + place_of(place) + " is out for " + milliseconds(age) + " ms; it was kept too long, or forgotten",
          {{"pool", pool}, {"place", place_of(place)}, {"age_ms", milliseconds(age)}}};
}

LogLine pool_closed_line(const std::string& pool, std::size_t still_open) {
  return {LogLevel::info, "pool.closed", "pool '" + pool + "' is closed" + (still_open ? "; " + std::to_string(still_open) + " connections are not back yet" : std::string()), {{"pool", pool}, {"open", std::to_string(still_open)}}};
}

}  // namespace millrace::pooling
