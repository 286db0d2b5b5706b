// Requests, byte by byte as they were recorded against Derby.

#include <catch2/catch_test_macros.hpp>

#include "db2/drda/commands.hpp"
#include "db2/drda/login.hpp"
#include "db2/drda/row_encoder.hpp"
#include "unit/db2/drda/drda_golden.hpp"

using namespace millrace::drda;
using namespace millrace::drda_test;

namespace {

ConnectOptions recorded_options() {
  ConnectOptions options;
  options.database = "memory:g;create=true";
  options.user = "mill";
  options.password = "race";
  return options;
}

/// The correlation token has the time in it.
std::string without_token(const std::string& hex, bool is_ebcdic) {
  const std::string token = is_ebcdic ? "00172135d5c6f0f0f0f0f0f14bd4d9c3c5" : "001721354e463030303030312e4d524345";
  const std::size_t at = hex.find(token);
  REQUIRE(at != std::string::npos);
  return hex.substr(0, at + token.size()) + "............" + hex.substr(at + token.size() + 12);
}

Octets encoded_row(RowEncoder& encoder, const FillRow& fill, std::uint8_t flags = 0) {
  Buffer out;
  encoder.encode(out, 1, flags, fill, 0);
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace

TEST_CASE("the login's requests, with strings in UTF-8 and in EBCDIC") {
  for (const bool is_ebcdic : {false, true}) {
    const Exchange exchange = recorded(is_ebcdic ? "login_ebcdic" : "login");
    Buffer out;
    if (!is_ebcdic) {
      put_exchange_attributes(out, recorded_options());
      CHECK(to_hex(out) == exchange.sent(0, 2));
    }
    out.clear();
    put_access(out, recorded_options(), StringEncoding{!is_ebcdic}, derby());
    CHECK(without_token(to_hex(out), is_ebcdic) == without_token(exchange.sent(2, 2), is_ebcdic));
  }
}

TEST_CASE("names of databases are padded to 18 bytes, in the encoding's blanks") {
  ConnectOptions options;
  options.database = "SAMPLE";
  CHECK(encoded_database(options, StringEncoding{true}) == "SAMPLE            ");
  CHECK(to_hex(as_octets(encoded_database(options, StringEncoding{false}))) == "e2c1d4d7d3c5404040404040404040404040");
  options.database = std::string(256, 'x');
  CHECK(state_of([&] { encoded_database(options, StringEncoding{true}); }) == "08004");
  options.database = "\xe2\x82\xac";
  CHECK(state_of([&] { encoded_database(options, StringEncoding{false}); }) == "08004");
  CHECK(encoded_database(options, StringEncoding{true}) == "\xe2\x82\xac               ");
}

TEST_CASE("a package's name is short where all of its parts are, else each has its length") {
  CHECK(package_name("SAMPLE            ", "NULLID", "SYSSH200", "SYSLVL01", ' ') == "SAMPLE            NULLID            SYSSH200          SYSLVL01");
  const std::string extended = package_name("a_name_of_19_bytes_", "NULLID", "SYSSH200", "SYSLVL01", ' ');
  CHECK(to_hex(as_octets(extended)).starts_with("0013615f"));
  CHECK(extended.size() == 2 + 19 + 2 + 18 + 2 + 18 + 8);
}

TEST_CASE("commands without parameters") {
  Buffer out;
  put_commit(out);
  CHECK(to_hex(out) == recorded("commit").sent());
  out.clear();
  put_rollback(out);
  CHECK(to_hex(out) == recorded("rollback").sent());
}

TEST_CASE("statements are prepared, described and executed at once") {
  Buffer out;
  put_prepare(out, recorded_section(3), "INSERT INTO T VALUES (?,?,?,?)", false);
  CHECK(to_hex(out) == recorded("prepare").sent());
  out.clear();
  put_prepare(out, recorded_section(4), "SELECT ID, V, D, C FROM T", true);
  CHECK(to_hex(out) == recorded("prepare_query").sent());
  out.clear();
  put_describe_parameters(out, recorded_section(3));
  CHECK(to_hex(out) == recorded("describe_parameters").sent());
  out.clear();
  put_execute_immediate(out, recorded_section(2), "CREATE TABLE T (ID INT NOT NULL CONSTRAINT T_KEY PRIMARY KEY, V VARCHAR(10), D DECIMAL(7,2), C CLOB)");
  CHECK(to_hex(out) == recorded("immediate").sent());
}

TEST_CASE("queries are opened, continued and closed") {
  Buffer out;
  put_open_query(out, recorded_section(5), 32'767, true);
  CHECK(to_hex(out) == recorded("query").sent(0, 1));
  out.clear();
  put_continue_query(out, recorded_section(4), 32'767, 0);
  CHECK(to_hex(out) == recorded("query_lob").sent(1, 1));
  out.clear();
  put_close_query(out, recorded_section(4), 3);
  CHECK(to_hex(out) == recorded("close_query").sent(1, 1));
}

TEST_CASE("an array is a chain of commands, each with its row and what is outside of it") {
  RowEncoder encoder({{Kind::integer}, {Kind::text, 0, 0, 10}, {Kind::decimal, 7, 2}, {Kind::clob}}, derby());
  const auto fill = [](RowWriter& row, std::size_t index) {
    row.integer(index == 2 ? 1 : static_cast<std::int64_t>(index) + 1);
    row.text("ab");
    row.decimal(index == 1 ? "-1.5" : "12345.67");
    if (index == 1) {
      row.null();
    } else {
      row.text("lob");
    }
  };
  Buffer out;
  std::size_t last = 0;
  constexpr std::uint8_t kNext = dss_flag::chained | dss_flag::continue_on_error;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto correlator = static_cast<std::uint16_t>(i + 1);
    put_execute(out, recorded_section(3), correlator, kNext | dss_flag::same_correlator);
    last = encoder.encode(out, correlator, kNext, fill, i);
  }
  unchain_dss(out.data() + last);
  CHECK(to_hex(out) == recorded("array").sent());
}

TEST_CASE("a row's values have the server's byte order; Db2 LUW only, from the standard's text") {
  const std::vector<ParameterType> types = {{Kind::smallint}, {Kind::integer}, {Kind::bigint}, {Kind::real}, {Kind::double_precision}, {Kind::bytes, 0, 0, 3}};
  const auto fill = [](RowWriter& row, std::size_t) {
    row.integer(-2);
    row.integer(1);
    row.integer(2);
    row.number(1);
    row.number(-1);
    const std::byte bytes[] = {std::byte{0xAB}};
    row.bytes(bytes);
  };
  RowEncoder big(types, derby()), little(types, db2());
  const std::string descriptor = "0010 1576d0 050002 030004 170008 0d0004 0b0008 290003 0671e4d00001";
  const auto row_of = [&](RowEncoder& encoder) { return to_hex(encoded_row(encoder, fill)).substr(2 * (6 + 4 + 4 + 21 + 6 + 4)); };
  CHECK(to_hex(encoded_row(big, fill)).find(to_hex(from_hex(descriptor))) == 2 * (6 + 4 + 2));
  CHECK(row_of(big) == to_hex(from_hex("00 00fffe 0000000001 000000000000000002 003f800000 00bff0000000000000 000001ab")));
  CHECK(row_of(little) == to_hex(from_hex("00 00feff 0001000000 000200000000000000 000000803f 00000000000000f0bf 000001ab")));
}

TEST_CASE("values that no parameter can have are refused, and leave no trace") {
  RowEncoder encoder({{Kind::smallint}, {Kind::decimal, 5, 2}, {Kind::text, 0, 0, 3}, {Kind::blob}}, derby());
  Buffer out;
  out.put8(1);
  const auto refused = [&](const FillRow& fill) {
    const std::string state = state_of([&] { encoder.encode(out, 1, 0, fill, 0); });
    CHECK(out.size() == 1);
    return state;
  };
  CHECK(refused([](RowWriter& row, std::size_t) { row.integer(32'768); }) == "22003");
  CHECK(refused([](RowWriter& row, std::size_t) { row.text("1"); }) == "07006");
  CHECK(refused([](RowWriter& row, std::size_t) { row.integer(1); row.decimal("1000"); }) == "22003");
  CHECK(refused([](RowWriter& row, std::size_t) { row.integer(1); row.decimal("x"); }) == "22018");
  CHECK(refused([](RowWriter& row, std::size_t) { row.null(); row.null(); row.text("four"); }) == "22001");
  CHECK(refused([](RowWriter& row, std::size_t) { row.null(); }) == "HY000");
  CHECK(refused([](RowWriter& row, std::size_t) { for (int i = 0; i < 5; ++i) row.null(); }) == "HY000");
  CHECK(state_of([] { RowEncoder({{Kind::date}}, derby()); }) == "HY000");
  CHECK(state_of([] { RowEncoder({{Kind::decimal, 32, 0}}, derby()); }) == "HY104");
  CHECK(state_of([] { RowEncoder({{Kind::decimal, 5, 6}}, derby()); }) == "HY104");
}

TEST_CASE("texts longer than a row can hold go outside; Db2 LUW sends no status byte behind them, from the standard's text") {
  const auto fill = [](RowWriter& row, std::size_t) { row.text("x"); };
  RowEncoder inside({{Kind::text, 0, 0, kLongestInline}}, derby()), outside({{Kind::text, 0, 0, kLongestInline + 1}}, derby()), other({{Kind::clob}}, db2());
  CHECK(to_hex(encoded_row(inside, fill)).ends_with("147a0000000178"));
  CHECK(to_hex(encoded_row(outside, fill)).ends_with("147a000000000001" "000dd0030001" "0007146c" "00787f"));
  CHECK(to_hex(encoded_row(other, fill)).ends_with("147a000000000001" "000cd0030001" "0006146c" "0078"));
  // An empty value has nothing outside.
  CHECK(to_hex(encoded_row(outside, [](RowWriter& row, std::size_t) { row.text(""); })).ends_with("147a000000000000"));
}

TEST_CASE("more than 84 parameters are described in several groups") {
  RowEncoder encoder(std::vector<ParameterType>(170, {Kind::integer}), derby());
  const std::string hex = to_hex(encoded_row(encoder, [](RowWriter& row, std::size_t) { for (int i = 0; i < 170; ++i) row.null(); }));
  const auto integers = [](int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += "030004";
    return out;
  };
  CHECK(hex.find("ff76d0" + integers(84) + "ff7f00" + integers(84) + "097f00" + integers(2) + "0671e4d00001") != std::string::npos);
}
