// The open DRDA client's connection: logins, TLS, time-outs, broken networks.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>

#include "integration/db2/drda_support.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace;
using namespace millrace::drda;
using namespace millrace::drda_test;
using namespace std::chrono_literals;

namespace {

using test::TcpProxy;

struct Measured {
  Sqlca sqlca;
  bool gone = false;
  std::chrono::milliseconds took{0};
};

template <class Work> Measured measure(Work&& work) {
  Measured out;
  const auto start = std::chrono::steady_clock::now();
  out.sqlca = failure_of(work, &out.gone);
  out.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  return out;
}

std::uint16_t number_of(const std::string& port) { return static_cast<std::uint16_t>(std::stoi(port)); }

drda::ConnectOptions through(const TcpProxy& proxy, drda::ConnectOptions options) {
  options.host = "127.0.0.1";
  options.port = number_of(proxy.port());
  return options;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

/// Answers each piece that one client sends with the next of its texts, whatever was asked, then closes or is silent.
class ScriptedServer {
 public:
  ScriptedServer(std::vector<std::string> answers, bool closes) : answers_(std::move(answers)), closes_(closes) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  /// What has been answered, once the client is gone.
  const std::vector<std::string>& requests() const { return requests_; }

  drda::ConnectOptions options() const {
    drda::ConnectOptions out;
    out.host = "127.0.0.1";
    out.port = port_;
    out.database = "memory:g";
    out.user = "mill";
    out.password = "race";
    out.connect_timeout = 500ms;
    out.answer_timeout = 500ms;
    return out;
  }

 private:
  void serve() {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char request[65'536];
    for (const std::string& answer : answers_) {
      const ssize_t size = ::recv(client, request, sizeof request, 0);
      if (size <= 0) break;
      requests_.emplace_back(request, static_cast<std::size_t>(size));
      if (::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    while (!closes_ && ::recv(client, request, sizeof request, 0) > 0) {
    }
    ::close(client);
  }

  std::vector<std::string> answers_, requests_;
  bool closes_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// EXCSATRD of the class "QDB2" with ACCSECRD, as objects, then SECCHKRM with ACCRDBRM.
const std::string kAttributes = from_hex("0012d0430001000c144300081147d8c4c2f20010d0030002000a14ac000611a20003");
const std::string kAccepted = from_hex("0015d0420001000f1219000611490000000511a400" "001dd0020002" "00172201" "000611490000" "000d002fd8e3c4e2d8d3e7f8f6");

}  // namespace

TEST_CASE("drda: a listener that is no DRDA server is told from one that is silent or gone") {
  SECTION("another protocol") {
    const ScriptedServer server({"HTTP/1.1 400 Bad Request\r\n\r\n"}, false);
    const Sqlca failure = failure_of([&] { Client::connect(server.options()); });
    CHECK(failure.state == "08001");
    CHECK(failure.message.find("does not speak DRDA") != std::string::npos);
  }
  SECTION("silence") {
    const ScriptedServer server({}, false);
    const Measured failure = measure([&] { Client::connect(server.options()); });
    CHECK(failure.sqlca.state == "08001");
    CHECK(failure.sqlca.message.ends_with("did not answer within 500 ms"));
    CHECK(failure.took < 3s);
  }
  SECTION("a closed door") {
    const ScriptedServer server({""}, true);
    const Sqlca failure = failure_of([&] { Client::connect(server.options()); });
    CHECK(failure.state == "08001");
    CHECK(failure.message.ends_with("closed the connection during the login"));
  }
  SECTION("silence where TLS is expected") {
    const ScriptedServer server({}, false);
    drda::ConnectOptions options = server.options();
    options.tls.enabled = true;
    const Measured failure = measure([&] { Client::connect(options); });
    CHECK(failure.sqlca.state == "08001");
    CHECK(failure.took < 3s);
  }
}

TEST_CASE("drda: bytes that break the protocol close the connection") {
  // SQLCARDs that are cut, that lie about their length, that are none; and one that answers another command.
  for (const char* const answer : {"000ad0030001000424", "0010d0030001002024080000000000", "0009d0030001000324", "ffffd003", "0006d0010001", "000bd00300010005240800"}) {
    CAPTURE(answer);
    const ScriptedServer server({kAttributes, kAccepted, from_hex(answer)}, true);
    const auto client = Client::connect(server.options());
    bool gone = false;
    const Sqlca failure = failure_of([&] { client->commit(); }, &gone);
    CHECK((failure.state == "58009" || failure.state == "08S01"));
    CHECK(gone);
    CHECK_FALSE(client->is_open());
  }
}

TEST_CASE("drda: a server that refuses a password and hangs up has still said why") {
  const ScriptedServer server({kAttributes, from_hex("0015d0420001000f1219000611490008000511a40f")}, true);
  const Sqlca failure = failure_of([&] { Client::connect(server.options()); });
  CHECK(failure.state == "28000");
  CHECK(failure.message.ends_with("the password is wrong"));
}

// Db2 LUW may be such a server. It is not told to go on: no other client is known to do so.
TEST_CASE("drda: rows that a server passes over behind one that failed are sent again") {
  const std::string prepared = from_hex("000bd00300010005" "2408ff");
  const std::string duplicate = "0018" "2408" "00ddfcffff3233353035" "53514c5249313332" "ffff", deadlock = "0018" "2408" "0071fcffff3430303031" "53514c5249313332" "ffff";
  const std::string described = from_hex("000bd0037d000005" "2408ff");
  const auto array = [](const ScriptedServer& server) {
    const auto client = Client::connect(server.options());
    const auto insert = client->prepare("INSERT INTO T VALUES (?)");
    std::vector<std::string> sent, states;
    for (const Sqlca& sqlca : insert->execute_array({{Kind::integer}}, 4, [&](RowWriter& row, std::size_t index) {
           sent.push_back(std::to_string(index));
           row.integer(static_cast<std::int64_t>(index));
         })) {
      states.push_back(sqlca.failed() ? sqlca.state : "");
    }
    return std::pair(sent, states);
  };
  using Texts = std::vector<std::string>;
  SECTION("and once more, where it happens again") {
    const ScriptedServer server({kAttributes, kAccepted, prepared, from_hex("000bd04300010005" "2408ff" "001ed0030002" + duplicate), described, from_hex("001ed0030001" + duplicate),
                                 described, from_hex("000bd00300010005" "2408ff")}, false);
    const auto [sent, states] = array(server);
    constexpr std::size_t kFormat = 3;
    CHECK(server.requests()[3][kFormat] == 0x51);   // a request, chained to what has its correlator
    CHECK(sent == Texts{"0", "1", "2", "3", "2", "3", "3"});
    CHECK(states == Texts{"", "23505", "23505", ""});
  }
  SECTION("but not where the transaction is gone") {
    const ScriptedServer server({kAttributes, kAccepted, prepared, from_hex("000bd04300010005" "2408ff" "001ed0030002" + deadlock), described}, false);
    const auto [sent, states] = array(server);
    CHECK(sent == Texts{"0", "1", "2", "3"});
    CHECK(states == Texts{"", "40001", "40001", "40001"});
  }
  SECTION("and a server that only ends its chain early is waited for") {
    const ScriptedServer server({kAttributes, kAccepted, prepared, from_hex("001ed0030001" + duplicate), from_hex("000bd04300020005" "2408ff" "000bd04300030005" "2408ff" "000bd00300040005" "2408ff") + described},
                                false);
    const auto [sent, states] = array(server);
    CHECK(sent == Texts{"0", "1", "2", "3"});
    CHECK(states == Texts{"23505", "", "", ""});
  }
  SECTION("one that ends its chain early and says no more has the bound of every answer") {
    const ScriptedServer server({kAttributes, kAccepted, prepared, from_hex("000bd00300010005" "2408ff")}, false);
    CHECK(failure_of([&] { array(server); }).state == "HYT00");
  }
}

TEST_CASE("drda: a login that fails says why, in one sentence") {
  drda::ConnectOptions options = new_database("drda_login");
  const std::string server = options.host + ":" + std::to_string(options.port);
  bool gone = false;
  SECTION("wrong password") {
    options.password = "wrong";
    const Sqlca failure = failure_of([&] { Client::connect(options); }, &gone);
    CHECK(failure.state == "28000");
    CHECK(failure.message == "the server at " + server + " refuses the user \"" + options.user + "\": the user or the password is wrong");
  }
  SECTION("unknown database") {
    options.database = "there_is_no_such_database";
    const Sqlca failure = failure_of([&] { Client::connect(options); }, &gone);
    CHECK(failure.state == "08004");
    CHECK(failure.message.starts_with("the database \"there_is_no_such_database\" is unknown to the server at " + server));
  }
  SECTION("refused port") {
    options.port = 1;
    const Sqlca failure = failure_of([&] { Client::connect(options); }, &gone);
    CHECK(failure.state == "08001");
    CHECK(failure.message == "cannot connect to " + options.host + ":1: connection refused");
  }
  SECTION("unknown host") {
    options.host = "no-such-host.invalid";
    const Sqlca failure = failure_of([&] { Client::connect(options); }, &gone);
    CHECK(failure.state == "08001");
    CHECK(failure.message.find("the host \"no-such-host.invalid\"") != std::string::npos);
  }
  SECTION("a database's name that EBCDIC can not write") {
    options.database = "\xe2\x82\xac";
    const Sqlca failure = failure_of([&] { Client::connect(options); }, &gone);
    CHECK(failure.state == "08004");
  }
  CHECK(gone);
}

TEST_CASE("drda: a server that stops answering is given up within the bound, in every phase of a login") {
  const drda::ConnectOptions options = new_database("drda_silence");
  for (std::size_t phase = 0; phase < 2; ++phase) {
    TcpProxy proxy(std::to_string(options.port));
    proxy.judge_dss([&](const TcpProxy::PassingDss& dss) {
      return dss.from == TcpProxy::Side::client && dss.index == 2 * phase ? TcpProxy::Verdict::freeze_before : TcpProxy::Verdict::pass;
    });
    drda::ConnectOptions slow = through(proxy, options);
    slow.connect_timeout = 300ms;
    const Measured failure = measure([&] { Client::connect(slow); });
    CHECK(failure.sqlca.state == "08001");
    CHECK(failure.sqlca.message == "the server at 127.0.0.1:" + proxy.port() + " did not answer within 300 ms");
    CHECK(failure.took >= 290ms);
    CHECK(failure.took < 3s);
  }
}

TEST_CASE("drda: a connection that is cut in a login or behind it is a clear error") {
  const drda::ConnectOptions options = new_database("drda_cut");
  for (const std::size_t bytes : {0u, 1u, 5u, 20u, 100u, 130u, 200u}) {
    TcpProxy proxy(std::to_string(options.port));
    proxy.fail_after(TcpProxy::Side::server, bytes);
    bool gone = false;
    const Sqlca failure = failure_of([&] { Client::connect(through(proxy, options)); }, &gone);
    CAPTURE(bytes, failure.message);
    CHECK(failure.state == "08001");
    CHECK(gone);
  }
  TcpProxy proxy(std::to_string(options.port));
  const auto client = Client::connect(through(proxy, options));
  proxy.cut();
  const Measured cut = measure([&] { client->commit(); });
  CHECK(cut.sqlca.state == "08S01");
  CHECK(cut.gone);
  CHECK_FALSE(client->is_open());
  CHECK(measure([&] { client->rollback(); }).sqlca.state == "08S01");
}

TEST_CASE("drda: an exchange has a time-out of its own") {
  const drda::ConnectOptions options = new_database("drda_answer");
  TcpProxy proxy(std::to_string(options.port));
  const auto client = Client::connect(through(proxy, options));
  client->execute_immediate("CREATE TABLE T (V VARCHAR(1000))");
  const auto insert = client->prepare("INSERT INTO T VALUES (?)");
  client->set_answer_timeout(300ms);
  proxy.stall();
  Measured failure;
  SECTION("of a small one") {
    failure = measure([&] { client->commit(); });
  }
  SECTION("of an array that fills the network's buffers") {
    failure = measure([&] {
      insert->execute_array({{Kind::text, 0, 0, 1'000}}, 100'000, [](RowWriter& row, std::size_t) { row.text(std::string(1'000, 'x')); });
    });
  }
  CHECK(failure.sqlca.state == "HYT00");
  CHECK(failure.sqlca.message == "the server at 127.0.0.1:" + proxy.port() + " did not answer within 300 ms");
  CHECK(failure.gone);
  CHECK_FALSE(client->is_open());
  CHECK(failure.took < 5s);
}

TEST_CASE("drda: abort() ends what another thread waits for") {
  const drda::ConnectOptions options = new_database("drda_abort");
  const auto first = Client::connect(options), second = Client::connect(options);
  first->execute_immediate("CREATE TABLE T (ID INT)");
  first->commit();
  first->execute_immediate("LOCK TABLE T IN EXCLUSIVE MODE");
  std::atomic<bool> waiting = false;
  std::thread canceller([&] {
    while (!waiting) std::this_thread::yield();
    std::this_thread::sleep_for(100ms);
    second->abort();
  });
  const Measured failure = measure([&] {
    waiting = true;
    second->execute_immediate("INSERT INTO T VALUES (1)");
  });
  canceller.join();
  CHECK(failure.sqlca.state == "57014");
  CHECK(failure.gone);
  CHECK_FALSE(second->is_open());
  CHECK(failure_of([&] { second->commit(); }).state == "57014");
  first->abort();
  CHECK_FALSE(first->is_open());
  CHECK(failure_of([&] { first->commit(); }).state == "57014");
}

TEST_CASE("drda: answers come while an array is still being sent") {
  // The proxy holds the server's answers back for a while: neither side may wait for the other for ever.
  const drda::ConnectOptions options = new_database("drda_duplex");
  TcpProxy proxy(std::to_string(options.port));
  const auto client = Client::connect(through(proxy, options));
  client->execute_immediate("CREATE TABLE T (ID INT NOT NULL PRIMARY KEY)");
  const auto insert = client->prepare("INSERT INTO T VALUES (?)");
  proxy.delay(1ms);
  const auto results = insert->execute_array({{Kind::integer}}, 20'000, [](RowWriter& row, std::size_t index) { row.integer(static_cast<std::int64_t>(index % 19'000)); });
  std::size_t failed = 0;
  for (const Sqlca& sqlca : results) failed += sqlca.state == "23505" ? 1 : 0;
  CHECK(failed == 1'000);
}

TEST_CASE("drda: a server that is shut down says so, and the connection is gone") {
  if (!test::DerbyServer::available()) SKIP("no DRDA server: " << test::DerbyServer::how_to_get());
  test::DerbyServer server;
  const auto client = Client::connect(options_of(server.url()));
  CHECK(value_of(*client, "VALUES 1") == "1");
  server.shut_down();
  bool gone = false;
  CHECK(failure_of([&] { client->prepare("VALUES 1"); }, &gone).state.starts_with("08"));
  CHECK(gone);
  CHECK_FALSE(client->is_open());
}

TEST_CASE("drda: TLS: the server is who it says, or nothing is sent") {
  if (!test::DerbyServer::available()) SKIP("no DRDA server: " << test::DerbyServer::how_to_get());
  const test::DerbyServer server(test::DerbyServer::Options{.tls = true});
  drda::ConnectOptions options = options_of(server.url());
  options.host = "localhost";
  options.tls.enabled = true;
  options.tls.ca_file = server.ca_file();
  {
    const auto client = Client::connect(options);
    client->execute_immediate("CREATE TABLE T (ID INT, V VARCHAR(1000))");
    const auto insert = client->prepare("INSERT INTO T VALUES (?, ?)");
    for (const Sqlca& sqlca : insert->execute_array({{Kind::integer}, {Kind::text, 0, 0, 1'000}}, 5'000, [](RowWriter& row, std::size_t index) {
           row.integer(static_cast<std::int64_t>(index));
           row.text(std::string(1'000, 'x'));
         })) {
      REQUIRE(sqlca.message == "");
    }
    CHECK(rows_of(*client, "SELECT * FROM T").size() == 5'000);
  }
  SECTION("another host's certificate") {
    options.host = "127.0.0.1";
    const Sqlca failure = failure_of([&] { Client::connect(options); });
    CHECK(failure.state == "08001");
    CHECK(failure.message == "the certificate of the server at 127.0.0.1:" + server.port() + " is for another host than \"127.0.0.1\"");
    options.tls.verify_host = false;
    CHECK(Client::connect(options)->is_open());
  }
  SECTION("an authority that nobody knows") {
    options.tls.ca_file.clear();
    const Sqlca failure = failure_of([&] { Client::connect(options); });
    CHECK(failure.state == "08001");
    CHECK(failure.message.find("is not trusted") != std::string::npos);
  }
  SECTION("no TLS where the server wants it") {
    options.tls.enabled = false;
    options.connect_timeout = 2s;
    const Sqlca failure = failure_of([&] { Client::connect(options); });
    CHECK(failure.state == "08001");
    CHECK(failure.message.find(server.port()) != std::string::npos);
  }
  SECTION("TLS where the server has none") {
    const drda::ConnectOptions plain = new_database("drda_no_tls");
    options.port = plain.port;
    options.host = plain.host;
    options.connect_timeout = 2s;
    CHECK(failure_of([&] { Client::connect(options); }).state == "08001");
  }
}
