#pragma once
// Names to addresses, within a deadline.

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace millrace::drda {

/// A lookup can not be ended from outside: one that takes too long goes on in a thread of its own, which nobody waits for.
/// @throws Failure 08001  there is no such name, or no answer by the deadline
std::vector<boost::asio::ip::tcp::endpoint> look_up(const std::string& host, std::uint16_t port, std::chrono::steady_clock::time_point deadline);

}  // namespace millrace::drda
