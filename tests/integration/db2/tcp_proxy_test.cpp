// The proxy that breaks connections in the tests breaks them where it is told to.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/derby_server.hpp"
#include "support/dss.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace::test;
using Side = TcpProxy::Side;
using Verdict = TcpProxy::Verdict;

namespace {

// The first message of every DRDA client, and the code point of its reply.
const std::string kExcsat("\x00\x0a\xd0\x01\x00\x01\x00\x04\x10\x41", 10);
constexpr std::uint16_t kExcsatCode = 0x1041, kExcsatrdCode = 0x1443, kSecchkCode = 0x106E, kAccrdbCode = 0x2001;

class Socket {
 public:
  explicit Socket(const std::string& port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("no connection");
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(const std::string& bytes) const { CHECK(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())); }
  /// What arrives until the other end closes, `size` bytes are there, or nothing has come for that long.
  std::string receive(std::size_t size = SIZE_MAX, int quiet_ms = 10'000) {
    std::string bytes;
    char chunk[4096];
    while (bytes.size() < size) {
      pollfd waiting{fd_, POLLIN, 0};
      if (poll(&waiting, 1, quiet_ms) <= 0) return bytes;
      const ssize_t count = recv(fd_, chunk, sizeof chunk, 0);
      if (count <= 0) {
        closed = true;
        return bytes;
      }
      bytes.append(chunk, static_cast<std::size_t>(count));
    }
    return bytes;
  }
  bool closed = false;

 private:
  int fd_;
};

const DerbyServer& server() {
  const DerbyServer* const shared = DerbyServer::shared();
  if (!shared) SKIP(DerbyServer::how_to_get());
  if (!shared->is_derby()) SKIP("MILLRACE_TEST_DB2_URL names the server");
  return *shared;
}

/// Whether bytes are one whole DSS. The size of a reply differs: the server names its threads in it.
bool is_whole_reply(const std::string& bytes) {
  const std::vector<Dss> found = DssSplitter().feed(bytes);
  return found.size() == 1 && found[0].bytes.size() == bytes.size() && found[0].code_point == kExcsatrdCode;
}

bool passes(const TcpProxy& proxy) {
  Socket socket(proxy.port());
  socket.send(kExcsat);
  std::string reply;
  while (!socket.closed && !is_whole_reply(reply)) reply += socket.receive(1);
  return !socket.closed && proxy.passed(Side::server) == reply.size() && proxy.passed(Side::client) == kExcsat.size();
}

}  // namespace

TEST_CASE("proxy: DSSs are found however their bytes arrive") {
  const std::string first = std::string("\x00\x0c\xd0\x51\x00\x01\x00\x06\x24\x14", 10) + "ab";
  const std::string longer = std::string("\xff\xff\xd0\x03\x00\x01\x00\x00\x24\x12", 10) + std::string(0x7FFF - 10, 'x') + std::string("\x00\x05" "end", 5);
  const std::string stream = first + longer + kExcsat;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    DssSplitter splitter;
    std::vector<Dss> found;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      for (Dss& dss : splitter.feed(std::string_view(stream).substr(at, piece))) found.push_back(std::move(dss));
    }
    REQUIRE(found.size() == 3);
    CHECK(found[0].bytes == first);
    CHECK(found[0].code_point == 0x2414);
    CHECK(found[1].bytes == longer);
    CHECK(found[1].code_point == 0x2412);
    CHECK(found[2].code_point == kExcsatCode);
  }
  CHECK_THROWS(DssSplitter().feed("GET / HTTP/1.1"));
  CHECK_THROWS(DssSplitter().feed(std::string("\x00\x05\xd0\x01\x00\x01", 6)));
}

TEST_CASE("proxy: exactly so many bytes of the server pass before the connection is cut") {
  TcpProxy proxy(server().port());
  CHECK(passes(proxy));
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{40}, std::size_t{99}}) {
    proxy.fail_after(Side::server, bytes);
    Socket socket(proxy.port());
    socket.send(kExcsat);
    CHECK(socket.receive().size() == bytes);
    CHECK(socket.closed);
  }
  CHECK(proxy.faults() == 4);
  CHECK(passes(proxy));  // once
}

TEST_CASE("proxy: exactly so many bytes of the client pass before the connection is cut") {
  TcpProxy proxy(server().port());
  for (const std::size_t bytes : {std::size_t{0}, kExcsat.size() - 1}) {
    proxy.fail_after(Side::client, bytes);
    Socket socket(proxy.port());
    socket.send(kExcsat);
    CHECK(socket.receive().empty());
    CHECK(socket.closed);
    CHECK(proxy.passed(Side::client) == bytes);
  }
}

TEST_CASE("proxy: a frozen connection stays open and silent, and others go on") {
  TcpProxy proxy(server().port());
  proxy.fail_after(Side::server, 40, TcpProxy::Fault::freeze);
  Socket frozen(proxy.port());
  frozen.send(kExcsat);
  CHECK(frozen.receive(SIZE_MAX, 300).size() == 40);
  CHECK_FALSE(frozen.closed);
  CHECK(passes(proxy));
  proxy.cut();
  CHECK(frozen.receive().empty());
  CHECK(frozen.closed);
}

TEST_CASE("proxy: a judge sees every DSS of a session, and can end it at each") {
  TcpProxy proxy(server().port());
  const std::string url = proxy.url(server().url());
  std::vector<TcpProxy::PassingDss> seen;
  proxy.judge_dss([&seen](const TcpProxy::PassingDss& dss) { return seen.push_back(dss), Verdict::pass; });
  CHECK(server().rows("VALUES 1", url) == std::vector<std::vector<std::string>>{{"1"}});
  proxy.judge_dss(nullptr);
  std::vector<std::uint16_t> requests;
  for (const auto& dss : seen) {
    if (dss.from == Side::client) requests.push_back(dss.code_point);
  }
  REQUIRE(requests.size() > 5);
  CHECK(std::vector<std::uint16_t>(requests.begin(), requests.begin() + 4) == std::vector<std::uint16_t>{kExcsatCode, 0x106D, kSecchkCode, kAccrdbCode});

  struct Case { std::uint16_t code_point; Verdict verdict; };
  for (const Case& cut : {Case{kExcsatrdCode, Verdict::cut_within}, Case{kSecchkCode, Verdict::cut_before}, Case{kAccrdbCode, Verdict::cut_after}}) {
    const std::size_t faults = proxy.faults();
    proxy.judge_dss([&cut](const TcpProxy::PassingDss& dss) { return dss.code_point == cut.code_point ? cut.verdict : Verdict::pass; });
    CHECK_THROWS_AS(server().ij("VALUES 1", url), std::runtime_error);
    CHECK(proxy.faults() == faults + 1);
  }
}

TEST_CASE("proxy: a judge can let a connection freeze, before or behind a reply") {
  TcpProxy proxy(server().port());
  for (const Verdict verdict : {Verdict::freeze_before, Verdict::freeze_after}) {
    proxy.judge_dss([verdict](const TcpProxy::PassingDss& dss) { return dss.from == Side::server ? verdict : Verdict::pass; });
    Socket socket(proxy.port());
    socket.send(kExcsat);
    const std::string reply = socket.receive(SIZE_MAX, 500);
    CHECK(proxy.faults() == (verdict == Verdict::freeze_before ? 1U : 2U));
    CHECK(is_whole_reply(reply) == (verdict == Verdict::freeze_after));
    CHECK(reply.empty() == (verdict == Verdict::freeze_before));
    socket.send(kExcsat);
    CHECK(socket.receive(SIZE_MAX, 300).empty());
    CHECK_FALSE(socket.closed);
  }
}
