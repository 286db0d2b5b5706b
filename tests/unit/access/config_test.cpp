#include "millrace/access/config.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "millrace/access/error.hpp"

using namespace millrace;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

ConnectionConfig parse(std::string_view url) { return ConnectionConfig::from_url(url); }

ConnectionConfig without_password(ConnectionConfig config) {
  config.password = Secret();
  config.has_password = false;
  return config;
}

std::string refusal(std::string_view url) {
  try {
    parse(url);
  } catch (const ConfigError& error) {
    CHECK(error.code() == ErrorCode::config);
    return error.what();
  }
  FAIL("accepted: " << url);
  return {};
}

}  // namespace

TEST_CASE("a full PostgreSQL URL is taken apart") {
  const auto c = parse("postgresql://app:s3cret@db.example:5433/orders?sslmode=require&application_name=my%20app");
  CHECK(c.scheme == "postgresql");
  CHECK(c.host == "db.example");
  CHECK(c.port == "5433");
  CHECK(c.user == "app");
  CHECK(c.has_password);
  CHECK(c.password.reveal() == "s3cret");
  CHECK(c.database == "orders");
  CHECK(c.parameters == std::map<std::string, std::string>{{"application_name", "my app"}, {"sslmode", "require"}});
  CHECK_FALSE(c.create_database);
}

TEST_CASE("every part of a server URL may be empty") {
  for (const char* url : {"postgresql://", "postgresql:///", "postgresql://@", "postgresql://@/?", "postgres:///?"}) {
    CAPTURE(url);
    const auto c = parse(url);
    CHECK((c.host + c.port + c.user + c.database).empty());
    CHECK_FALSE(c.has_password);
    CHECK(c.parameters.empty());
  }
  CHECK(parse("postgresql://host").host == "host");
  CHECK(parse("postgresql://host:").port.empty());
  CHECK(parse("postgresql://:5433/db").port == "5433");
  CHECK(parse("postgresql:///db").database == "db");
  CHECK(parse("postgresql://user@/db").user == "user");
  CHECK(parse("postgresql://:pw@host").user.empty());
  CHECK(parse("postgresql://:pw@host").password.reveal() == "pw");
  CHECK(parse("PostgreSQL://host").scheme == "postgresql");
}

TEST_CASE("an empty password is not no password") {
  CHECK(parse("postgresql://user:@host").has_password);
  CHECK(parse("postgresql://user:@host").password.empty());
  CHECK_FALSE(parse("postgresql://user@host").has_password);
}

TEST_CASE("percent-encoding is decoded in every part, once") {
  const auto c = parse("postgresql://u%40x:p%40%2F%3A%25%23%C3%A9@h%2dx/d%2Fb%3F?k%3D=v%26%3d%2525");
  CHECK(c.user == "u@x");
  CHECK(c.password.reveal() == "p@/:%#\xC3\xA9");
  CHECK(c.host == "h-x");
  CHECK(c.database == "d/b?");
  CHECK(c.parameters == std::map<std::string, std::string>{{"k=", "v&=%25"}});
}

TEST_CASE("a password may hold what is not ambiguous") {
  CHECK(parse("postgresql://u:a:b:c@h").password.reveal() == "a:b:c");
  CHECK(parse("postgresql://u:a b[&=;,+]@h").password.reveal() == "a b[&=;,+]");
  CHECK(parse("postgresql://u:p@h").host == "h");
}

TEST_CASE("hosts may be lists, IPv6 addresses and socket directories") {
  auto c = parse("postgresql://h1:5432,h2:5433,h3/db");
  CHECK(c.host == "h1,h2,h3");
  CHECK(c.port == "5432,5433,");
  c = parse("postgresql://h1,h2/db");
  CHECK(c.host == "h1,h2");
  CHECK(c.port.empty());
  c = parse("postgresql://u:p@[2001:db8::1]:5433,[::1],10.0.0.1:6000/db");
  CHECK(c.host == "2001:db8::1,::1,10.0.0.1");
  CHECK(c.port == "5433,,6000");
  CHECK(parse("postgresql://[fe80::1%25eth0]/db").host == "fe80::1%eth0");
  CHECK(parse("postgresql://%2Fvar%2Frun%2Fpg:5433/db").host == "/var/run/pg");
  CHECK(parse("postgresql:///db?host=/var/run/pg&port=5433").host == "/var/run/pg");
  CHECK(parse("postgresql:///db?host=/var/run/pg&port=5433").port == "5433");
  CHECK(parse("postgresql:///db?host=%2Ftmp").host == "/tmp");
}

TEST_CASE("parameters replace the parts before them") {
  const auto c = parse("postgresql://a:b@c:1/d?user=A&password=B%40&host=C&port=2&dbname=D&x=1");
  CHECK(c.user == "A");
  CHECK(c.password.reveal() == "B@");
  CHECK(c.has_password);
  CHECK(c.host == "C");
  CHECK(c.port == "2");
  CHECK(c.database == "D");
  CHECK(c.parameters == std::map<std::string, std::string>{{"x", "1"}});
  CHECK(parse("postgresql:///?a=").parameters.at("a").empty());
  CHECK(parse("postgresql:///?options=-c a=b").parameters.at("options") == "-c a=b");
}

TEST_CASE("a SQLite path is taken verbatim") {
  CHECK(parse("sqlite:rel.db").database == "rel.db");
  CHECK(parse("sqlite:dir/rel.db").database == "dir/rel.db");
  CHECK(parse("sqlite:/abs.db").database == "/abs.db");
  CHECK(parse("sqlite:///abs/path").database == "/abs/path");
  CHECK(parse("sqlite:////abs").database == "//abs");
  CHECK(parse("sqlite::memory:").database == ":memory:");
  CHECK(parse("sqlite3:x").scheme == "sqlite3");
  CHECK(parse("sqlite:a%20b?c=d#e@f").database == "a%20b?c=d#e@f");
  CHECK(parse("sqlite: x ").database == " x ");
  CHECK_THAT(refusal("sqlite:"), ContainsSubstring("sqlite:PATH"));
  CHECK_THAT(refusal("sqlite://"), ContainsSubstring("sqlite:PATH"));
  CHECK_THAT(refusal("sqlite://rel.db"), ContainsSubstring("names a host"));
  CHECK_THAT(refusal(std::string_view("sqlite:a\0b", 10)), ContainsSubstring("NUL"));
}

TEST_CASE("an ODBC string is kept, but for its password") {
  auto c = parse("odbc:DSN=warehouse;UID=app;Pwd=s3cret;Option=1");
  CHECK(c.parameters.at("connection") == "DSN=warehouse;UID=app;Option=1");
  CHECK(c.password.reveal() == "s3cret");
  CHECK(c.has_password);
  CHECK(c.display() == "odbc:DSN=warehouse;UID=app;Option=1");
  c = parse("odbc:Driver={My; Driver}}};PWD={a;b}}c};DSN=x;");
  CHECK(c.parameters.at("connection") == "Driver={My; Driver}}};DSN=x");
  CHECK(c.password.reveal() == "a;b}c");
  CHECK(parse("odbc:DSN=x;PWD={}}}").password.reveal() == "}");
  CHECK(parse("odbc:DSN=x; PASSWORD =p=q").password.reveal() == "p=q");
  CHECK(parse("odbc:DSN=x;PWD=").has_password);
  CHECK_FALSE(parse("odbc:DSN=x").has_password);
  CHECK(parse("odbc:DSN=x;;").parameters.at("connection") == "DSN=x");
}

TEST_CASE("a Db2 keyword string has the parts of a URL") {
  const auto c = parse("db2:DATABASE=SALES;HOSTNAME=db.example;PORT=50001;PROTOCOL=TCPIP;UID=app;PWD={a;b}}c};Security=SSL;CurrentSchema=Mine");
  CHECK(c.database == "SALES");
  CHECK(c.host == "db.example");
  CHECK(c.port == "50001");
  CHECK(c.user == "app");
  CHECK(c.password.reveal() == "a;b}c");
  CHECK(c.parameters == std::map<std::string, std::string>{{"security", "SSL"}, {"currentschema", "Mine"}});
  CHECK(c.display() == "db2://app@db.example:50001/SALES?currentschema=Mine&security=SSL");
  CHECK(parse(c.url_with_password()) == c);
  CHECK(parse("db2:servicename=1527; hostname = h ;database=memory:x").host == "h");
  for (const char* wrong : {"db2:", "db2:DATABASE=x", "db2:HOSTNAME=h", "db2:DATABASE=x;HOSTNAME=h;PORT=abc", "db2:DATABASE=x;HOSTNAME=h;Security=SSL;SECURITY=SSL", "db2:DATABASE"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse(wrong), ConfigError);
  }
}

TEST_CASE("a URL without a scheme is refused with an example") {
  for (const char* url : {"", "host/db", "//host/db", "://host", "1a://h", "u@h:5432/db", ":memory:", "/tmp/x.db", "p@ss:word"}) {
    CAPTURE(url);
    CHECK_THAT(refusal(url), ContainsSubstring("postgresql://"));
  }
  CHECK_THAT(refusal("postgresql:host"), ContainsSubstring("//"));
  CHECK_THAT(refusal("user:pw@host/db"), ContainsSubstring("//"));
  CHECK_NOTHROW(parse("unheard-of://host/db"));  // a question for the registry
}

TEST_CASE("malformed server URLs are refused") {
  for (const char* url : {
           "postgresql://h:port", "postgresql://h:0", "postgresql://h:65536", "postgresql://h:-1", "postgresql://h:+1", "postgresql://h:1 ", "postgresql://h: 1",
           "postgresql://h:0x10", "postgresql://h:99999999999999999999", "postgresql://h1:1,h2:x", "postgresql://h:1:2", "postgresql:///?port=x",
           "postgresql://::1/db", "postgresql://[::1", "postgresql://[]/db", "postgresql://[::1]x/db", "postgresql://[::1]5432/db",
           "postgresql://h/db?x", "postgresql://h/db?=x", "postgresql://h/db?a=1&", "postgresql://h/db?&a=1", "postgresql://h/db?a=1&a=2",
           "postgresql://h/d#b", "postgresql://h/db?a=b#c", "postgresql://h/d@b@c",
           "postgresql://h/%", "postgresql://h/%4", "postgresql://h/%zz", "postgresql://h/%00", "postgresql://%0g/", "postgresql://h/?a=%", "postgresql://u%@h",
           "odbc:", "odbc:PWD=x", "odbc:DSN", "odbc:DSN=x;y", "odbc:DSN={x",
       }) {
    CAPTURE(url);
    CHECK_FALSE(refusal(url).empty());
  }
}

TEST_CASE("no message quotes a piece of a password") {
  // Each URL holds the password's pieces hunter, tiger and zebra, cut by what should have been encoded.
  for (const char* url : {
           "postgresql://u:hunter@tiger@h/db", "postgresql://u:hunter/tiger@h/db", "postgresql://u:hunter#tiger@h/db", "postgresql://u:hunter?tiger@h/db",
           "postgresql://u:hunter%tiger@h/db", "postgresql://u:hunter%zztiger@h/db", "postgresql://u:hunter%00tiger@h/db", "postgresql://u:hunter%",
           "postgresql://u:hunter", "postgresql://u:hunter/tiger", "postgresql://u:hunter/tiger?zebra@h/db", "postgresql://u:12/hunter@tiger/db",
           "postgresql://u:12/hunter@h?tiger=zebra", "postgresql://u:12?hunter@h/db", "postgresql://u:12#hunter@h/db", "postgresql://u:[hunter/tiger@h/db",
           "postgresql://hunter:tiger:zebra", "postgresql://[hunter", "postgresql://[::1]hunter", "postgresql://u:hunter@h:tiger@zebra/db",
           "postgresql://u@h:hunter/db", "postgresql://u@h/db?password=hunter&tiger", "postgresql://u@h/db?password=hunter%tiger",
           "postgresql://u@h/db?password=hunter&tiger=1&tiger=2", "postgresql://u@h/db?password=hunter#tiger", "postgresql://u@h/db?password=hunter@tiger",
           "postgresql:/u:hunter@h/db", "postgresql:u:hunter@h/db", "u:hunter@h/db", "//u:hunter@h/db", "hunter", "hunter@tiger:zebra",
           "odbc:DSN=x;PWD=hunter;tiger", "odbc:DSN=x;PWD={hunter;tiger", "odbc:PWD=hunter",
       }) {
    CAPTURE(url);
    const std::string message = refusal(url);
    CAPTURE(message);
    for (const char* piece : {"hunter", "tiger", "zebra", "hunt", "tig", "zeb"}) CHECK(message.find(piece) == std::string::npos);
  }
}

TEST_CASE("a refused port hints at percent-encoding") {
  CHECK_THAT(refusal("postgresql://u:p/w@h/db"), ContainsSubstring("%2F"));
  CHECK_THAT(refusal("postgresql://u:secret"), ContainsSubstring("percent-encoded"));
}

TEST_CASE("display shows everything but secrets and reads back as the same configuration") {
  for (const char* url : {
           "postgresql://", "postgresql://h", "postgresql://u:p@h:5432/db", "postgresql://u:@h", "postgresql://:p@h", "postgresql://u%40x:p@h/d%2Fb%3F%23?k%26=v%3D&z=",
           "postgresql://h1:5432,h2:5433,h3/db", "postgresql://h1,h2/db", "postgresql:///db?host=a,b&port=5432", "postgresql:///?host=a,b&port=1,2",
           "postgresql://[::1]:5433,[fe80::1%25eth0]/db", "postgresql://%2Fvar%2Frun:5433/db", "postgresql:///db?host=/a,/b", "postgresql://:5433/db",
           "postgresql://a%2Cb:5432", "postgresql:///?host=::1", "postgresql:///?port=,", "postgresql://%5B/%5D", "db2://u:p@h:50000/SAMPLE",
           "sqlite:rel.db", "sqlite:///abs/x.db", "sqlite:////abs", "sqlite::memory:", "sqlite:a%20b?c#d", "sqlite3:/x",
           "odbc:DSN=x;UID=u;PWD=p", "odbc:Driver={a;b};PWD={;}",
       }) {
    CAPTURE(url);
    const auto config = parse(url);
    const std::string shown = config.display();
    CAPTURE(shown);
    CHECK(parse(shown) == without_password(config));
    CHECK(parse(shown).display() == shown);
  }
  CHECK(parse("postgresql://u:p@h1:5432,[::1]/db?a=b c").display() == "postgresql://u@h1:5432,[::1]/db?a=b%20c");
}

TEST_CASE("display leaves out secrets that stand in parameters") {
  const auto shown = parse("postgresql://u:hunter@h/db?sslpassword=tiger&Access_Token=zebra&sslmode=require").display();
  CHECK(shown == "postgresql://u@h/db?sslmode=require");
}

TEST_CASE("percent coding is a round trip for every byte") {
  std::string bytes;
  for (int b = 1; b < 256; ++b) bytes += static_cast<char>(b);
  CHECK(percent_decode(percent_encode(bytes)) == bytes);
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("/ +\xFF") == "%2F%20%2B%FF");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("%c3%A9") == "\xC3\xA9");
  for (const char* bad : {"%", "%a", "%%", "%0", "%g0", "%0g", "%00", "a%00b", "%-1", "% 1"}) CHECK_THROWS_AS(percent_decode(bad), ConfigError);
}
