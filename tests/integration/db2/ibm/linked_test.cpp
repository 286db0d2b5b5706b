// The backend linked with IBM's library: no Db2 is at hand, so that what can be shown is how a connection fails, and that each failure is one clear sentence.
//
// Derby is no server for it: IBM's client asks servers other than Db2 LUW for a licence, which is its right.

#include <catch2/catch_test_macros.hpp>

#include "common/cli/connection.hpp"
#include "db2/cli/connect_keywords.hpp"
#include "db2/cli/provider.hpp"
#include "db2/open_session.hpp"
#include "millrace/access/error.hpp"
#include "support/derby_server.hpp"
#include "support/tcp_proxy.hpp"

using namespace millrace;

// There is nothing to choose between: the library is linked, and its names are its own.
namespace millrace::db2::cli {
ProviderScope::ProviderScope(Provider provider) : before_(provider) {}
ProviderScope::~ProviderScope() { (void)before_; }
std::vector<std::string_view> known_keywords() { return {}; }   // of the client that is not linked
}  // namespace millrace::db2::cli

namespace {

ErrorInfo error_of(const std::string& url) {
  try {
    cli_db2::open_session(ConnectionConfig::from_url(url));
  } catch (const Error& error) {
    return error.info();
  }
  FAIL("a connection came about");
  return {};
}

}  // namespace

TEST_CASE("IBM's library: a refused port") {
  const ErrorInfo info = error_of("db2://user:s3cret@127.0.0.1:1/SAMPLE?driver=ibm");
  INFO(info.message);
  CHECK(info.code == ErrorCode::connection_refused);
  CHECK(info.sqlstate == "08001");
  CHECK(info.native_code == -30081);
  CHECK(info.safe_to_retry);
  CHECK(info.message.find("127.0.0.1:1/SAMPLE") != std::string::npos);
  CHECK(info.message.find("s3cret") == std::string::npos);
  CHECK(info.message.find('\n') == std::string::npos);
}

TEST_CASE("IBM's library: an unknown host") {
  const ErrorInfo info = error_of("db2://user:s3cret@no-such-host.invalid:50000/SAMPLE?driver=ibm");
  INFO(info.message);
  CHECK(info.code == ErrorCode::connection_refused);
  CHECK(info.sqlstate == "08001");
  CHECK(info.native_code == -1336);
}

TEST_CASE("IBM's library: a listener that is no Db2") {
  test::TcpProxy listener("1");
  listener.refuse(true);   // takes the connection, and hangs up
  const ErrorInfo info = error_of("db2://user:s3cret@127.0.0.1:" + listener.port() + "/SAMPLE?driver=ibm");
  INFO(info.message);
  CHECK(info.code == ErrorCode::connection_refused);
  CHECK(info.sqlstate == "08001");
  CHECK(listener.accepted() > 0);
}

TEST_CASE("IBM's library: TLS to a wrong name") {
  if (!test::DerbyServer::available()) SKIP(test::DerbyServer::how_to_get());
  test::DerbyServer::Options options;
  options.tls = true;
  const test::DerbyServer server(options);
  const ErrorInfo info = error_of("db2://user:s3cret@127.0.0.1:" + server.port() + "/SAMPLE?driver=ibm&security=SSL&sslclienthostnamevalidation=Basic&sslservercertificate=" + percent_encode(server.ca_file()));
  INFO(info.message);
  CHECK(info.code == ErrorCode::connection_refused);
  CHECK(info.sqlstate == "08001");
  CHECK(info.message.find("s3cret") == std::string::npos);
}

TEST_CASE("IBM's library: what its connection string can not hold is refused before it is asked") {
  const ErrorInfo info = error_of("db2://user:s3%3Bcret@127.0.0.1:1/SAMPLE?driver=ibm");
  CHECK(info.code == ErrorCode::config);
  CHECK(info.message.find("password") != std::string::npos);
}
