#pragma once
// One session: SOCI owns it, libpq speaks through its handle.

#include <functional>
#include <memory>
#include <string>

#include "common/soci_session.hpp"
#include "millrace/access/config.hpp"
#include "postgresql/pq.hpp"

namespace millrace::postgresql {

/// Shared by a connection and its open writer, so that neither outlives the handle that both use.
/// @thread_safety  One thread at a time.
struct Session {
  std::unique_ptr<soci::session> owner;
  PGconn* handle = nullptr;             ///< the owner's; valid as long as it
  Secret password;                      ///< what messages must not show
  bool copying = false;                 ///< a bulk writer's COPY is open
  std::function<void()> on_poisoned;    ///< tells the connection of errors that pass it by; empty once it is gone

  bool lost() const { return PQstatus(handle) == CONNECTION_BAD; }
  void poison() const noexcept { if (on_poisoned) on_poisoned(); }
};

/// The outcome of what was sent: the first failure, else the last result; a COPY that starts. nullptr when nothing was sent.
/// PQexec keeps the last failure instead, and so loses what the server said before it closed the connection.
Result await_result(Session& session);

/// Runs SQL of our own, without parameters; several statements may stand in one text.
/// @throws what throw_failure() throws
Result run(Session& session, const std::string& sql);

/// Ends whatever is going on, an open COPY with `reason`, and leaves the handle idle or in a transaction block.
/// @return false when the session can not be used any more
bool drain(Session& session, const char* reason) noexcept;

}  // namespace millrace::postgresql
