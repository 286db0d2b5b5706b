#pragma once
// Shortcuts to throw a Failure of the client's own, one sentence each.

#include <string>
#include <string_view>

#include "db2/drda/client.hpp"

namespace millrace::drda {

/// A failure of one call: the connection is as good as before.
[[noreturn]] void fail(std::string_view sqlstate, std::string sentence);

/// A failure behind which the connection can not be used.
[[noreturn]] void fail_and_close(std::string_view sqlstate, std::string sentence);

/// 58009: the server's bytes break the protocol. `what` continues "the server's reply is malformed: ".
[[noreturn]] void fail_protocol(std::string_view what);

/// How sentences call the server: "127.0.0.1:1527", "[::1]:1527".
std::string endpoint_name(const ConnectOptions& options);

}  // namespace millrace::drda
