#include "common/soci_session.hpp"

#include "millrace/access/error.hpp"

namespace millrace::backends {

std::unique_ptr<soci::session> open_soci_session(const soci::backend_factory& factory, const std::string& connect_string) {
  auto session = std::make_unique<soci::session>();
  session->open(factory, connect_string);
  return session;
}

soci::details::session_backend* native_backend(soci::session& session, std::string_view expected_name) {
  if (session.get_backend_name() != expected_name) {
    throw Error(ErrorCode::internal, "a SOCI session of backend '" + session.get_backend_name() + "' was used as '" + std::string(expected_name) + "'");
  }
  return session.get_backend();
}

}  // namespace millrace::backends
