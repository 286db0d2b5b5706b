#pragma once
// Opening SOCI sessions. Included only by backends' .cpp files and private headers.

#include <memory>
#include <string>

#include <soci/soci.h>

namespace millrace::backends {

/// Opens a session, retrying nothing. SOCI's exceptions pass through: each backend maps its own.
std::unique_ptr<soci::session> open_soci_session(const soci::backend_factory& factory, const std::string& connect_string);

/// The native backend of a session, checked by name since SOCI hides its types' typeinfo from dynamic_cast.
/// @throws Error{internal}  the session is of another backend
soci::details::session_backend* native_backend(soci::session& session, std::string_view expected_name);

}  // namespace millrace::backends
