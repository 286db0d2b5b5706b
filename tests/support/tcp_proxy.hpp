#pragma once
// A network between a test and a server that fails when told to.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace millrace::test {

/// Listens on a free loopback port and passes everything on to a server, byte by byte, until it is told otherwise.
///
/// What a client sends and what the server answers are two directions: answers can be cut while requests arrive.
/// @thread_safety  Any thread.
class TcpProxy {
 public:
  /// @throws std::runtime_error  no socket
  explicit TcpProxy(std::string server_port);
  ~TcpProxy();   ///< cuts everything
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  const std::string& port() const { return port_; }
  /// The URL with the proxy's port instead of the server's.
  std::string url(const std::string& server_url) const;

  /// Closes all connections now; new ones are accepted.
  void cut();
  /// From the next request that contains this text on, that connection's answers are dropped, and it is cut as soon as the server answers
  /// to it: the request was done, and the client does not know. Once.
  void cut_answer_to(std::string request);
  /// Black hole: connections stay, new ones are accepted, and nothing passes in either direction.
  void stall();
  void resume();                                  ///< ends stall(): what waited goes on
  void delay(std::chrono::milliseconds time);     ///< every piece that passes waits so long
  /// Refuses new connections, closing them right after they were accepted.
  void refuse(bool on) { refusing_ = on; }

  std::size_t accepted() const { return accepted_; }
  std::size_t cut_answers() const { return cut_answers_; }

 private:
  struct Link;

  void accept_loop();
  void pump(const std::shared_ptr<Link>& link);
  bool pass(Link& link, int from, int to, bool request);

  int listener_ = -1;
  std::string server_port_;
  std::string port_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> refusing_ = false;
  std::atomic<std::int64_t> delay_ms_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::atomic<std::size_t> cut_answers_ = 0;
  std::mutex mutex_;
  std::string cut_request_;
  std::vector<std::shared_ptr<Link>> links_;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::test
