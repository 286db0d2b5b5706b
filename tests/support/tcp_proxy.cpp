#include "support/tcp_proxy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::test {
namespace {

constexpr int kTickMs = 5;  // how soon a thread sees that it is told something

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int tcp_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("the test's proxy has no socket");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

// One client and its connection to the server, with a thread for each direction. Others only ask it to end.
struct TcpProxy::Link {
  // One direction, touched by its own thread.
  struct Direction {
    DssSplitter splitter;
    std::size_t dss_count = 0;
    std::optional<Limit> limit;
    std::atomic<std::size_t> passed = 0;
  };

  Link(int client_fd, int server_fd, std::size_t the_number) : client(client_fd), server(server_fd), number(the_number) {}
  ~Link() {
    close(client);
    close(server);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  int socket_of(Side side) const { return side == Side::client ? client : server; }
  Direction& direction(Side from) { return directions[from == Side::client ? 0 : 1]; }
  void end() {  // what blocks in the other direction ends, too
    cut = true;
    shutdown(client, SHUT_RDWR);
    shutdown(server, SHUT_RDWR);
  }

  const int client;
  const int server;
  const std::size_t number;
  bool judged = false;  // its DSSs are looked at
  std::array<Direction, 2> directions;
  std::atomic<bool> cut = false;
  std::atomic<bool> frozen = false;
  std::atomic<int> running = 2;
  std::atomic<bool> doomed = false;  // the request whose answer is to be lost has passed
};

TcpProxy::TcpProxy(std::string server_port) : listener_(tcp_socket()), server_port_(std::move(server_port)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close(listener_);
    throw std::runtime_error("the test's proxy can not listen");
  }
  port_ = std::to_string(ntohs(address.sin_port));
  threads_.emplace_back([this] { accept_loop(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  cut();
  threads_.front().join();  // no thread is added any more
  for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
  close(listener_);
}

std::string TcpProxy::url(const std::string& server_url) const {
  std::string out = server_url;
  const std::size_t at = out.find(":" + server_port_);
  if (at == std::string::npos) throw std::runtime_error("the server's URL has another port than the proxy's server");
  return out.replace(at + 1, server_port_.size(), port_);
}

void TcpProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (const auto& link : links_) link->end();
}

void TcpProxy::cut_answer_to(std::string request) {
  const std::lock_guard lock(mutex_);
  cut_request_ = std::move(request);
}

void TcpProxy::fail_after(Side from, std::size_t bytes, Fault fault) {
  const std::lock_guard lock(mutex_);
  next_limit_ = Limit{from, bytes, fault};
}

void TcpProxy::judge_dss(DssJudge judge) {
  const std::lock_guard lock(judging_);
  judge_ = std::move(judge);
}

std::size_t TcpProxy::passed(Side from) const {
  const std::lock_guard lock(mutex_);
  return links_.empty() ? 0 : links_.back()->direction(from).passed.load();
}

void TcpProxy::stall() { stalled_ = true; }
void TcpProxy::resume() { stalled_ = false; }
void TcpProxy::delay(std::chrono::milliseconds time) { delay_ms_ = time.count(); }

void TcpProxy::accept_loop() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kTickMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::size_t number = accepted_++;
    const int server = refusing_ ? -1 : tcp_socket();
    const sockaddr_in address = loopback(std::stoi(server_port_));
    if (server < 0 || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(client);
      if (server >= 0) close(server);
      continue;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto link = std::make_shared<Link>(client, server, number);
    {
      const std::lock_guard lock(judging_);
      link->judged = judge_ != nullptr;
    }
    const std::lock_guard lock(mutex_);
    if (next_limit_) link->direction(next_limit_->from).limit = *next_limit_;
    next_limit_.reset();
    std::erase_if(links_, [](const auto& old) { return old->running == 0; });
    links_.push_back(link);
    for (const Side from : {Side::client, Side::server}) threads_.emplace_back([this, link, from] { pump(*link, from); });
  }
}

void TcpProxy::pump(Link& link, Side from) {
  try {
    while (!link.cut && !stopping_) {
      pollfd waiting{link.socket_of(from), POLLIN, 0};
      if (stalled_ || link.frozen) poll(nullptr, 0, kTickMs);
      else if (poll(&waiting, 1, kTickMs) > 0 && !stalled_ && !link.frozen && !pass(link, from)) break;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the test's proxy cuts a connection: %s\n", error.what());
  }
  link.end();
  --link.running;
}

bool TcpProxy::pass(Link& link, Side from) {
  std::array<char, 65536> buffer;
  const ssize_t received = recv(link.socket_of(from), buffer.data(), buffer.size(), 0);
  if (received <= 0) return false;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(received));
  if (from == Side::client) {
    const std::lock_guard lock(mutex_);
    if (!cut_request_.empty() && bytes.find(cut_request_) != std::string_view::npos) {
      link.doomed = true;
      cut_request_.clear();
    }
  } else if (link.doomed) {
    ++cut_answers_;
    return false;
  }
  if (const auto delay = delay_ms_.load(); delay > 0) poll(nullptr, 0, static_cast<int>(delay));
  if (!link.judged) return forward(link, from, bytes);
  const std::vector<Dss> complete = link.direction(from).splitter.feed(bytes);
  return std::all_of(complete.begin(), complete.end(), [&](const Dss& dss) { return link.frozen || forward_dss(link, from, dss); });
}

bool TcpProxy::forward(Link& link, Side from, std::string_view bytes) {
  Link::Direction& direction = link.direction(from);
  const bool last = direction.limit && direction.limit->bytes <= direction.passed + bytes.size();
  if (last) bytes = bytes.substr(0, direction.limit->bytes - direction.passed);
  direction.passed += bytes.size();  // before the other end may have them
  if (!send_all(link.socket_of(from == Side::client ? Side::server : Side::client), bytes.data(), bytes.size())) return false;
  return !last || fail(link, direction.limit->fault);
}

bool TcpProxy::forward_dss(Link& link, Side from, const Dss& dss) {
  const std::string_view bytes = dss.bytes;
  Verdict verdict = Verdict::pass;
  {
    const std::lock_guard lock(judging_);
    if (judge_) verdict = judge_({from, link.number, link.direction(from).dss_count, dss.code_point, bytes.size()});
  }
  ++link.direction(from).dss_count;
  switch (verdict) {
    case Verdict::pass: return forward(link, from, bytes);
    case Verdict::cut_before: return fail(link, Fault::cut);
    case Verdict::cut_within: return forward(link, from, bytes.substr(0, bytes.size() / 2)) && fail(link, Fault::cut);
    case Verdict::cut_after: return forward(link, from, bytes) && fail(link, Fault::cut);
    case Verdict::freeze_before: return fail(link, Fault::freeze);
    case Verdict::freeze_after: return forward(link, from, bytes) && fail(link, Fault::freeze);
  }
  return false;
}

// Whether the connection stays.
bool TcpProxy::fail(Link& link, Fault fault) {
  ++faults_;
  if (fault == Fault::freeze) link.frozen = true;
  return fault == Fault::freeze;
}

}  // namespace millrace::test
