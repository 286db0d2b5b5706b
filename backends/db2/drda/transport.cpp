#include "db2/drda/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <mutex>
#include <optional>
#include <utility>

#include "db2/drda/name_lookup.hpp"

namespace millrace::drda {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string reason(const error_code& error) {
  std::string text = error.message();
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

class AsioTransport final : public Transport {
 public:
  AsioTransport(const ConnectOptions& options, Deadline deadline) : name_(endpoint_name(options)) {
    connect_tcp(options, deadline);
    if (options.tls.enabled) connect_tls(options, deadline);
  }

  void start_send(Bytes bytes) override {
    unsent_ = bytes;
    if (!unsent_.empty()) send_more();
  }
  bool sending() const override { return !unsent_.empty(); }

  Bytes wait(Deadline deadline) override {
    check_open();
    if (!receiving_) receive_more();
    progress_ = false;
    received_ = 0;
    run_until(deadline, [this] { return progress_; });
    if (received_ != 0) return {incoming_.data(), received_};
    if (error_) {
      close();
      const bool closed = *error_ == asio::error::eof || *error_ == asio::ssl::error::stream_truncated || *error_ == asio::error::connection_reset;
      fail_and_close("08S01", closed ? "the server at " + name_ + " closed the connection" : "the connection to " + name_ + " failed: " + reason(*error_));
    }
    return {};
  }

  bool is_open() const noexcept override { return open_ && !aborted_; }

  void close() noexcept override {
    const std::lock_guard lock(closing_);
    open_ = false;
    error_code ignored;
    socket_.close(ignored);
  }

  void abort() noexcept override {
    const std::lock_guard lock(closing_);
    aborted_ = true;
    if (open_) ::shutdown(socket_.native_handle(), SHUT_RDWR);
    io_.stop();
  }

 private:
  void connect_tcp(const ConnectOptions& options, Deadline deadline) {
    const std::vector<tcp::endpoint> endpoints = look_up(options.host, options.port, deadline);
    std::optional<error_code> result;
    asio::async_connect(socket_, endpoints, [&](const error_code& error, const tcp::endpoint&) { result = error; });
    run_connect(result, deadline);
    if (*result) fail_and_close("08001", "cannot connect to " + name_ + ": " + lower(reason(*result)));
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    notice_dead_peers();
    socket_.non_blocking(true, ignored);
  }

  // A network that drops everything is noticed after two minutes, whether the client waits for an answer or for its bytes to be taken. Without these the system
  // takes two hours.
  void notice_dead_peers() {
    error_code ignored;
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    const std::pair<int, int> options[] = {{TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 10}, {TCP_KEEPCNT, 6}, {TCP_USER_TIMEOUT, 120'000}};   // seconds; the last one ms
    for (const auto& [option, value] : options) ::setsockopt(socket_.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
  }

  void connect_tls(const ConnectOptions& options, Deadline deadline) {
    error_code error;
    context_.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
    if (options.tls.ca_file.empty()) {
      context_->set_default_verify_paths(error);
    } else {
      context_->load_verify_file(options.tls.ca_file, error);
    }
    if (error) fail_and_close("08001", "cannot read the TLS authorities in " + options.tls.ca_file + ": " + reason(error));
    tls_.emplace(socket_, *context_);
    tls_->set_verify_mode(asio::ssl::verify_peer);
    bool other_host = false;
    const asio::ssl::host_name_verification names_host(options.host);
    if (options.tls.verify_host) {
      tls_->set_verify_callback([&](bool trusted, asio::ssl::verify_context& context) {
        const bool named = names_host(trusted, context);
        other_host = other_host || (trusted && !named);
        return named;
      });
    }
    asio::ip::make_address(options.host, error);
    if (error) SSL_set_tlsext_host_name(tls_->native_handle(), options.host.c_str());  // an address is no name
    std::optional<error_code> result;
    tls_->async_handshake(asio::ssl::stream_base::client, [&](const error_code& outcome) { result = outcome; });
    run_connect(result, deadline);
    if (!*result) return;
    const long verified = SSL_get_verify_result(tls_->native_handle());
    if (other_host) fail_and_close("08001", "the certificate of the server at " + name_ + " is for another host than \"" + options.host + "\"");
    if (verified != X509_V_OK) fail_and_close("08001", "the certificate of the server at " + name_ + " is not trusted: " + X509_verify_cert_error_string(verified));
    fail_and_close("08001", "the TLS handshake with " + name_ + " failed: " + reason(*result));
  }

  void run_connect(const std::optional<error_code>& result, Deadline deadline) {
    try {
      run_until(deadline, [&] { return result.has_value(); });
    } catch (const Failure& failure) {
      if (failure.sqlca().state != "HYT00") throw;
      fail_and_close("08001", failure.sqlca().message);
    }
  }

  template <class Done> void run_until(Deadline deadline, Done&& done) {
    while (!done()) {
      io_.restart();
      if (aborted_) break;
      // A wait for ever is not taken by the system in one piece, so an hour at a time.
      const Deadline now = std::chrono::steady_clock::now();
      const Deadline until = deadline == kNoDeadline ? now + std::chrono::hours(1) : deadline;
      if (io_.run_one_until(until) == 0 && !aborted_ && deadline != kNoDeadline && std::chrono::steady_clock::now() >= deadline) {
        close();
        drain();
        fail_and_close("HYT00", "the server at " + name_ + " did not answer in time");
      }
    }
    check_open();
  }

  /// Runs the handlers of what close() ended: they refer to locals of connect().
  void drain() {
    io_.restart();
    while (!aborted_ && io_.run_one() != 0) {
    }
  }

  void check_open() {
    if (aborted_) {
      close();
      fail_and_close("57014", "the connection to " + name_ + " was closed on request");
    }
    if (!open_) fail_and_close("08S01", "the connection to " + name_ + " is closed");
  }

  void receive_more() {
    receiving_ = true;
    // A server that sends an answer in pieces waits for the acknowledgement of each: without this one goes out 40 ms late. The system forgets it with every read.
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    const auto handler = [this](const error_code& error, std::size_t size) {
      receiving_ = false;
      progress_ = true;
      received_ = size;
      if (error) error_ = error;
    };
    const auto room = asio::buffer(incoming_);
    tls_ ? tls_->async_read_some(room, handler) : socket_.async_read_some(room, handler);
  }

  void send_more() {
    const auto handler = [this](const error_code& error, std::size_t size) {
      progress_ = true;
      unsent_ = error ? Bytes() : unsent_.subspan(size);
      // A peer that closed may have said why: what it sent is read before the error is told.
      if (!error && !unsent_.empty()) send_more();
    };
    const auto bytes = asio::buffer(unsent_.data(), unsent_.size());
    tls_ ? tls_->async_write_some(bytes, handler) : socket_.async_write_some(bytes, handler);
  }

  static std::string lower(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + ('a' - 'A'));
    return text;
  }

  std::string name_;
  asio::io_context io_{1};
  tcp::socket socket_{io_};
  std::optional<asio::ssl::context> context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  std::mutex closing_;                  // of the socket's life: abort() uses it from other threads
  std::atomic<bool> open_{true};
  std::atomic<bool> aborted_{false};
  std::array<std::uint8_t, 65'536> incoming_;
  std::size_t received_ = 0;
  bool receiving_ = false;
  bool progress_ = false;
  std::optional<error_code> error_;
  Bytes unsent_;
};

}  // namespace

std::unique_ptr<Transport> Transport::connect(const ConnectOptions& options, Deadline deadline) { return std::make_unique<AsioTransport>(options, deadline); }

}  // namespace millrace::drda
