// What a server's answers to a login mean.

#include <catch2/catch_test_macros.hpp>

#include "db2/drda/login.hpp"
#include "unit/db2/drda/drda_golden.hpp"

using namespace millrace::drda;
using namespace millrace::drda_test;

namespace {

ConnectOptions options() {
  ConnectOptions out;
  out.host = "db.example";
  out.port = 1527;
  out.database = "memory:g;create=true";
  out.user = "mill";
  return out;
}

/// One reply message as a structure.
Exchange message(const std::string& object) {
  const std::string size = to_hex(Octets{static_cast<std::uint8_t>(object.size() / 512), static_cast<std::uint8_t>(object.size() / 2 + 6)});
  return {{}, {size + "d0020001" + object}};
}

std::string failure_of(const std::string& object, bool attributes = false) {
  LoginReply reply;
  replay(message(object), reply);
  try {
    attributes ? reply.check_attributes(options()) : reply.check_access(options());
  } catch (const Failure& failure) {
    CHECK(failure.connection_gone());
    return failure.sqlca().state + " " + failure.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a login that succeeds says who the server is, in either encoding") {
  for (const bool is_ebcdic : {false, true}) {
    CAPTURE(is_ebcdic);
    const Exchange exchange = recorded(is_ebcdic ? "login_ebcdic" : "login");
    LoginReply reply;
    CHECK(replay(exchange, reply) == 2);
    reply.check_attributes(options());
    CHECK(reply.server().class_name == "Apache Derby");
    CHECK(reply.server().is_derby);
    CHECK(reply.encoding().is_utf8 != is_ebcdic);
    CHECK(state_of([&] { reply.check_access(options()); }) == "58009");  // that is not answered yet
    CHECK(replay(exchange, reply, 2) == 3);
    reply.check_access(options());
    CHECK(reply.server().product == "CSS10140");
    CHECK(reply.server().release == "CSS10140/10.14.2.0 - (?\?\?)");
    CHECK(reply.order() == ByteOrder::big);
  }
}

TEST_CASE("what answers EXCSAT and ACCSEC may be an object or a message; Db2 LUW only, from what other clients know of it") {
  for (const std::string type : {"43", "42"}) {
    CAPTURE(type);
    const Exchange exchange = {{}, {"001ad0" + type + "0001" "00141443" "00081147d8c4c2f2" "00081404" "1c0804b8", "0010d0" + (type == "43" ? std::string("03") : std::string("02")) + "0002" "000a14ac" "000611a20003"}};
    LoginReply reply;
    replay(exchange, reply);
    reply.check_attributes(options());
    CHECK(reply.server().class_name == "QDB2");
    CHECK_FALSE(reply.encoding().is_utf8);  // though it has named UNICODEMGR 1208
  }
}

TEST_CASE("a refused password is 28000") {
  const Exchange exchange = recorded("login_refused");
  LoginReply reply;
  replay(exchange, reply);
  reply.check_attributes(options());
  replay(exchange, reply, 2);
  CHECK(state_of([&] { reply.check_access(options()); }) == "28000");
}

TEST_CASE("a server that takes no password in clear is named with what it takes; Db2 LUW only, from the standard's text") {
  const Exchange exchange = {{}, {"0012d0420001" "000c1443" "00081147d8c4c2f2", "0014d0020002" "000e14ac" "000a11a2" "000900070004"}};
  LoginReply reply;
  try {
    replay(exchange, reply);
    reply.check_attributes(options());
    FAIL("it was accepted");
  } catch (const Failure& failure) {
    CHECK(failure.sqlca().state == "28000");
    CHECK(std::string(failure.what()) == "the server at db.example:1527 takes no user and password in clear (security mechanism 3), only mechanism 9, 7, 4");
  }
}

TEST_CASE("little-endian data is announced in ACCRDBRM; Db2 LUW only, from the standard's text") {
  LoginReply reply;
  replay(recorded("login"), reply);
  const std::string accepted = "003a2201" "0006 1149 0000" "000c 112e 53514c3131303535" "000d 002f 51544453514c583836" "001000350006119c04b80006119e04b8" "0007 1234 010203";
  replay(message(to_hex(from_hex(accepted))), reply);
  reply.check_access(options());
  CHECK(reply.order() == ByteOrder::little);
  CHECK(reply.server().product == "SQL11055");
}

TEST_CASE("a database in another code page, and data that can not be read, are refused; Db2 LUW only, from the standard's text") {
  LoginReply reply;
  replay(recorded("login"), reply);
  replay(message("001b2201" "000d002f51544453514c583836" "000a00350006119c0333"), reply);
  CHECK(state_of([&] { reply.check_access(options()); }) == "08001");
  LoginReply mainframe;
  replay(recorded("login"), mainframe);
  CHECK(state_of([&] { replay(message("00112201" "000d002f51544453514c333730"), mainframe); }) == "58009");  // QTDSQL370
}

TEST_CASE("what a server says instead of accepting becomes a state and a sentence") {
  CHECK(failure_of("000a2211" "000611490008").starts_with("08004 the database \"memory:g\" is unknown to the server at db.example:1527"));
  CHECK(failure_of("000a2211" "000611490008", true).starts_with("08004 the database \"memory:g\" is unknown to the server at db.example:1527"));
  CHECK(failure_of("000a22cb" "000611490008").starts_with("28000 the user \"mill\" may not use the database"));
  CHECK(failure_of("000a221a" "000611490008").starts_with("08004 the server at db.example:1527 refuses the database"));
  CHECK(failure_of("000a1210" "000611490008").starts_with("08001 the server at db.example:1527 refuses the login with MGRLVLRM"));
  CHECK(failure_of("000a124c" "000611490008", true).starts_with("08001 the server at db.example:1527 refuses the login with SYNTAXRM"));
  CHECK(failure_of("000f1219" "000611490008" "000511a40e") == "28000 the server at db.example:1527 refuses the user \"mill\": the password has expired");
  CHECK(failure_of("00041234", true).starts_with("58009"));
}
