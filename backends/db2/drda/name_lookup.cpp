#include "db2/drda/name_lookup.hpp"

#include <netdb.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "db2/drda/failure.hpp"

namespace millrace::drda {
namespace {

using boost::asio::ip::tcp;

struct Lookup {
  std::mutex mutex;
  std::condition_variable done_or_given_up;
  bool done = false;
  int error = 0;
  std::vector<boost::asio::ip::address> addresses;
};

void run(const std::shared_ptr<Lookup>& lookup, const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::lock_guard lock(lookup->mutex);
  for (const addrinfo* info = error == 0 ? found : nullptr; info != nullptr; info = info->ai_next) {
    tcp::endpoint endpoint;
    if (info->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), info->ai_addr, info->ai_addrlen);
    lookup->addresses.push_back(endpoint.address());
  }
  if (error == 0) freeaddrinfo(found);
  lookup->error = error;
  lookup->done = true;
  lookup->done_or_given_up.notify_one();
}

}  // namespace

std::vector<tcp::endpoint> look_up(const std::string& host, std::uint16_t port, std::chrono::steady_clock::time_point deadline) {
  boost::system::error_code not_numeric;
  const boost::asio::ip::address address = boost::asio::ip::make_address(host, not_numeric);
  if (!not_numeric) return {tcp::endpoint(address, port)};

  const auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host] { run(lookup, host); }).detach();
  std::unique_lock lock(lookup->mutex);
  if (!lookup->done_or_given_up.wait_until(lock, deadline, [&] { return lookup->done; })) {
    fail_and_close("08001", "the name of the host \"" + host + "\" was not resolved in time");
  }
  if (lookup->error != 0 || lookup->addresses.empty()) {
    fail_and_close("08001", "the host \"" + host + "\" is unknown (" + (lookup->error == 0 ? "it has no address" : gai_strerror(lookup->error)) + ")");
  }
  std::vector<tcp::endpoint> endpoints;
  for (const boost::asio::ip::address& each : lookup->addresses) endpoints.emplace_back(each, port);
  return endpoints;
}

}  // namespace millrace::drda
