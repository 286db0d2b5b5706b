#include "postgresql/session.hpp"

#include "postgresql/errors.hpp"

namespace millrace::postgresql {
namespace {

// Reads a COPY ... TO STDOUT to its end; nobody wants the data.
void skip_copy_out(PGconn* handle) noexcept {
  char* chunk = nullptr;
  while (PQgetCopyData(handle, &chunk, 0) > 0) PQfreemem(chunk);
}

}  // namespace

Result await_result(Session& session) {
  Result outcome;
  while (Result result{PQgetResult(session.handle)}) {
    if (!outcome || PQresultStatus(outcome.get()) != PGRES_FATAL_ERROR) outcome = std::move(result);
    const ExecStatusType status = PQresultStatus(outcome.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) break;
  }
  return outcome;
}

Result run(Session& session, const std::string& sql) {
  PQsendQuery(session.handle, sql.c_str());  // a failure shows in the result
  Result result = await_result(session);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw_failure(session, result.get());
  return result;
}

bool drain(Session& session, const char* reason) noexcept {
  while (Result result{PQgetResult(session.handle)}) {
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
  session.copying = false;
  return !session.lost() && PQtransactionStatus(session.handle) != PQTRANS_ACTIVE;
}

}  // namespace millrace::postgresql
