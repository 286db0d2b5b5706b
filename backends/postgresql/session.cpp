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

Result run(Session& session, const std::string& sql) {
  Result result(PQexec(session.handle, sql.c_str()));
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
