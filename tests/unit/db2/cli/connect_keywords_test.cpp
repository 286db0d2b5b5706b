#include "db2/cli/connect_keywords.hpp"

#include <catch2/catch_test_macros.hpp>

#include "db2/cli/diagnostics.hpp"

using namespace millrace::db2::cli;
using namespace std::chrono_literals;

namespace {

const std::string kBase = "DATABASE=db;HOSTNAME=host;";

std::string state_of(const std::string& text) {
  try {
    read_keywords(text);
    return "none";
  } catch (const CallError& error) {
    CHECK(std::string(error.what()).find("hunter2") == std::string::npos);
    return error.state;
  }
}

}  // namespace

TEST_CASE("connection keywords of Db2's client are read in any case") {
  const auto k = read_keywords(" database=sample ; HostName=db.example.com;Port=50001;PROTOCOL=tcpip;uid=joe;Pwd=hunter2;CurrentSchema=My Schema;ConnectTimeout=7;QueryTimeout=9;TxnIsolation=1;");
  CHECK(k.options.database == "sample");
  CHECK(k.options.host == "db.example.com");
  CHECK(k.options.port == 50001);
  CHECK(k.options.user == "joe");
  CHECK(k.options.password == "hunter2");
  CHECK(k.options.connect_timeout == 7s);
  CHECK(k.options.answer_timeout == 9s);
  CHECK(k.schema == "My Schema");
  CHECK(k.isolation == "UR");
  CHECK_FALSE(k.options.tls.enabled);
  CHECK(k.options.tls.verify_host);
}

TEST_CASE("TLS checks the host's name unless told not to") {
  CHECK(read_keywords(kBase + "SECURITY=ssl").options.tls.enabled);
  CHECK(read_keywords(kBase + "SECURITY=ssl").options.tls.verify_host);
  CHECK(read_keywords(kBase + "SECURITY=SSL;SSLServerCertificate=/ca.pem").options.tls.ca_file == "/ca.pem");
  CHECK(read_keywords(kBase + "SECURITY=SSL;SSLClientHostnameValidation=Basic").options.tls.verify_host);
  CHECK_FALSE(read_keywords(kBase + "SECURITY=SSL;SSLClientHostnameValidation=off").options.tls.verify_host);
}

TEST_CASE("a value in braces may hold semicolons and braces") {
  const auto k = read_keywords("DATABASE={db;create=true};HOSTNAME=h;PWD={a}};b={c}");
  CHECK(k.options.database == "db;create=true");
  CHECK(k.options.password == "a};b={c");
  CHECK(read_keywords(kBase + "PWD= x{y} ").options.password == "x{y}");
  CHECK(state_of(kBase + "PWD={hunter2") == "HY000");
  CHECK(state_of(kBase + "PWD={hunter2}x") == "HY000");
  CHECK(state_of(kBase + "NOVALUE;PORT=1") == "HY000");
}

TEST_CASE("of a keyword that is repeated the first one counts, and unknown ones are passed over") {
  CHECK(read_keywords(kBase + "PORT=1;PORT=2").options.port == 1);
  CHECK(read_keywords(kBase + "autocommit=off;AUTOCOMMIT=on;CLIENTAPPLNAME=x;").options.host == "host");
}

TEST_CASE("keywords that can not be honoured are refused") {
  CHECK(state_of(kBase + "PORT=0") == "HY024");
  CHECK(state_of(kBase + "PORT=65536") == "HY024");
  CHECK(state_of(kBase + "PORT=5x") == "HY024");
  CHECK(state_of(kBase + "CONNECTTIMEOUT=-1") == "HY024");
  CHECK(state_of(kBase + "SECURITY=maybe") == "HY024");
  CHECK(state_of(kBase + "SSLCLIENTHOSTNAMEVALIDATION=perhaps") == "HY024");
  CHECK(state_of(kBase + "TXNISOLATION=3") == "HY024");
  CHECK(state_of(kBase + "PROTOCOL=IPC") == "HYC00");
  CHECK(state_of(kBase + "AUTHENTICATION=KERBEROS") == "HYC00");
  CHECK(state_of(kBase + "AUTHENTICATION=SERVER_ENCRYPT") == "HYC00");
  CHECK(state_of(kBase + "AUTHENTICATION=SERVER_ENCRYPT;SECURITY=SSL") == "none");
  CHECK(state_of(kBase + "AUTHENTICATION=SERVER") == "none");
  CHECK(state_of(kBase + "ACCESSTOKEN=hunter2") == "HYC00");
  CHECK(state_of("HOSTNAME=h") == "08001");
  CHECK(state_of("DSN=SAMPLE") == "08001");
  CHECK(state_of("DATABASE=db") == "08001");
  CHECK(state_of("") == "08001");
}

TEST_CASE("what is shown of a connection reads back, without its password") {
  const auto k = read_keywords("DATABASE={db;create=true};HOSTNAME=h;PORT=1527;UID={o}}dd};PWD=hunter2;SECURITY=SSL;CURRENTSCHEMA=S");
  const std::string told = shown(k);
  CHECK(told == "DATABASE={db;create=true};HOSTNAME=h;PORT=1527;PROTOCOL=TCPIP;UID={o}}dd};SECURITY=SSL;CURRENTSCHEMA=S;");
  const auto again = read_keywords(told);
  CHECK(again.options.database == k.options.database);
  CHECK(again.options.user == "o}dd");
  CHECK(again.options.tls.enabled);
  CHECK(again.options.password.empty());
}
