#include "postgresql/session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <limits>

#include "postgresql/errors.hpp"

namespace millrace::postgresql {
namespace {

constexpr auto kStopTime = std::chrono::seconds(10);  // rows that are on their way when the server stops, and a slow network
constexpr int kAttempts = 3;
constexpr std::string_view kQueryCanceled = "57014";

// Reads a COPY ... TO STDOUT to its end; nobody wants the data.
void skip_copy_out(PGconn* handle) noexcept {
  char* chunk = nullptr;
  while (PQgetCopyData(handle, &chunk, 0) > 0) PQfreemem(chunk);
}

/// Waits until PQgetResult() would not block. False at the deadline.
bool await_input(PGconn* handle, Clock::time_point deadline) noexcept {
  while (PQisBusy(handle)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd socket{PQsocket(handle), POLLIN, 0};
    if (left <= 0 || poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()))) == 0) return false;
    if (!PQconsumeInput(handle)) return true;  // the connection is lost, which the result will say
  }
  return true;
}

bool ready(PGconn* handle, Clock::time_point deadline) noexcept { return deadline == Clock::time_point::max() || await_input(handle, deadline); }

}  // namespace

void Session::poison() const noexcept {
  if (!on_error) return;
  try {
    ErrorInfo info = error_info(lost() ? ErrorCode::connection_lost : ErrorCode::internal, "the session's stream could not be ended");
    info.poisons_connection = true;
    on_error(Error(std::move(info)));
  } catch (...) {  // out of memory: the next statement fails by itself
  }
}

bool Session::send_cancel() const noexcept {
  std::array<char, 256> problem{};
  return canceller && PQcancel(canceller.get(), problem.data(), problem.size()) != 0;
}

Result await_result(Session& session) { return *await_result(session, Clock::time_point::max()); }

std::optional<Result> await_result(Session& session, Clock::time_point deadline) {
  Result outcome;
  for (;;) {
    if (!ready(session.handle, deadline)) return std::nullopt;
    Result result(PQgetResult(session.handle));
    if (!result) return outcome;
    if (!outcome || PQresultStatus(outcome.get()) != PGRES_FATAL_ERROR) outcome = std::move(result);
    const ExecStatusType status = PQresultStatus(outcome.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) return outcome;
  }
}

Result run(Session& session, const std::string& sql) {
  PQsendQuery(session.handle, sql.c_str());  // a failure shows in the result
  Result result = await_result(session);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw_failure(session, result.get());
  return result;
}

Result run_despite_cancel(Session& session, const std::string& sql) {
  for (int attempt = 1;; ++attempt) {
    try {
      return run(session, sql);
    } catch (const Error& error) {
      if (error.sqlstate() != kQueryCanceled || attempt == kAttempts) throw;
      if (session.on_error) session.on_error(error);
    }
  }
}

bool drain(Session& session, const char* reason, Clock::time_point deadline) noexcept {
  for (;;) {
    if (!ready(session.handle, deadline)) return false;
    const Result result(PQgetResult(session.handle));
    if (!result) break;
    switch (PQresultStatus(result.get())) {
      case PGRES_COPY_IN:
      case PGRES_COPY_BOTH:
        if (PQputCopyEnd(session.handle, reason) < 0) return false;
        break;
      case PGRES_COPY_OUT: skip_copy_out(session.handle); break;
      default: break;
    }
    if (session.lost()) return false;
  }
  session.stream = Stream::none;
  return !session.lost() && PQtransactionStatus(session.handle) != PQTRANS_ACTIVE;
}

bool stop_stream(Session& session, const char* reason) noexcept {
  if (session.stream != Stream::rows) return drain(session, reason);
  return session.send_cancel() && drain(session, reason, Clock::now() + kStopTime);
}

}  // namespace millrace::postgresql
