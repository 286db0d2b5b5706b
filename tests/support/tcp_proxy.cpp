#include "support/tcp_proxy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

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

// One client and its connection to the server. Owned by its thread; others only ask it to end.
struct TcpProxy::Link {
  Link(int client_fd, int server_fd) : client(client_fd), server(server_fd) {}
  ~Link() {
    close(client);
    close(server);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const int client;
  const int server;
  std::atomic<bool> cut = false;
  std::atomic<bool> finished = false;
  bool doomed = false;  // the request whose answer is to be lost has passed
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
  for (const auto& link : links_) link->cut = true;
}

void TcpProxy::cut_answer_to(std::string request) {
  const std::lock_guard lock(mutex_);
  cut_request_ = std::move(request);
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
    ++accepted_;
    const int server = refusing_ ? -1 : tcp_socket();
    const sockaddr_in address = loopback(std::stoi(server_port_));
    if (server < 0 || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(client);
      if (server >= 0) close(server);
      continue;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto link = std::make_shared<Link>(client, server);
    const std::lock_guard lock(mutex_);
    std::erase_if(links_, [](const auto& old) { return old->finished.load(); });
    links_.push_back(link);
    threads_.emplace_back([this, link] { pump(link); link->finished = true; });
  }
}

void TcpProxy::pump(const std::shared_ptr<Link>& link) {
  const std::array<int, 2> sockets{link->client, link->server};
  while (!link->cut && !stopping_) {
    if (stalled_) {
      poll(nullptr, 0, kTickMs);
      continue;
    }
    std::array<pollfd, 2> waiting{pollfd{sockets[0], POLLIN, 0}, pollfd{sockets[1], POLLIN, 0}};
    if (poll(waiting.data(), waiting.size(), kTickMs) <= 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0 && !stalled_ && !pass(*link, sockets[i], sockets[1 - i], i == 0)) link->cut = true;
    }
  }
  shutdown(link->client, SHUT_RDWR);
  shutdown(link->server, SHUT_RDWR);
}

bool TcpProxy::pass(Link& link, int from, int to, bool request) {
  std::array<char, 65536> buffer;
  const ssize_t size = recv(from, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  if (request) {
    const std::lock_guard lock(mutex_);
    if (!cut_request_.empty() && std::string_view(buffer.data(), static_cast<std::size_t>(size)).find(cut_request_) != std::string_view::npos) {
      link.doomed = true;
      cut_request_.clear();
    }
  } else if (link.doomed) {
    ++cut_answers_;
    return false;
  }
  if (const auto delay = delay_ms_.load(); delay > 0) poll(nullptr, 0, static_cast<int>(delay));
  return send_all(to, buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace millrace::test
