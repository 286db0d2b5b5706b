// Replies as they were recorded against Derby, and as only Db2 LUW would make them.

#include <catch2/catch_test_macros.hpp>

#include "db2/drda/commands.hpp"
#include "unit/db2/drda/drda_golden.hpp"

using namespace millrace::drda;
using namespace millrace::drda_test;

namespace {

using Texts = std::vector<std::string>;

/// Objects as one structure.
Dss dss_of(const Octets& objects, DssType type = DssType::object) {
  Dss dss;
  dss.type = type;
  dss.correlator = 1;
  dss.payload = objects;
  return dss;
}

/// An object with its header before it.
std::string object(const std::string& code_point, const std::string& hex) {
  const Octets data = from_hex(hex);
  Buffer out;
  out.put16(static_cast<std::uint16_t>(data.size() + 4));
  out.put(from_hex(code_point));
  out.put(data);
  return to_hex(out);
}

Texts texts_of(const CursorReply& reply) {
  Texts out;
  for (const ResultCell& cell : reply.cells()) out.push_back(cell.is_null() ? "NULL" : std::string(cell.as_text()));
  return out;
}

const std::string kOpened = "001c2205" "0006 1149 0000" "0006 2102 2417" "000c 215b 0000000000000001";

}  // namespace

TEST_CASE("commands that went well") {
  for (const char* const name : {"immediate", "commit", "rollback", "prepare"}) {
    CAPTURE(name);
    CommandReply reply(derby());
    replay(recorded(name), reply);
    CHECK(reply.sqlca().code == 0);
    CHECK(reply.sqlca().state == "00000");
    CHECK(reply.sqlca().message == "");
    CHECK_FALSE(reply.damaged());
    CHECK_FALSE(reply.columns());
  }
}

TEST_CASE("commands that failed have their code, state and tokens") {
  CommandReply immediate(derby());
  replay(recorded("immediate_failed"), immediate);
  CHECK(immediate.sqlca().code == -20'001);
  CHECK(immediate.sqlca().state == "42Y07");
  CHECK(immediate.sqlca().message == "MILL\x14" "42Y07");
  CHECK(readable_tokens(immediate.sqlca().message, '\x14') == "MILL, 42Y07");
  CommandReply prepared(derby());
  replay(recorded("prepare_failed"), prepared);
  CHECK(prepared.sqlca().state == "42X05");
  CHECK_FALSE(prepared.damaged());
}

TEST_CASE("parameters and columns are described") {
  CommandReply parameters(derby());
  replay(recorded("describe_parameters"), parameters);
  REQUIRE(parameters.columns());
  REQUIRE(parameters.columns()->size() == 4);
  CHECK((*parameters.columns())[2].kind == Kind::decimal);
  CHECK((*parameters.columns())[2].precision == 7);
  CHECK((*parameters.columns())[2].scale == 2);
  CommandReply query(derby());
  replay(recorded("prepare_query"), query);
  REQUIRE(query.columns());
  const std::vector<Column>& columns = *query.columns();
  REQUIRE(columns.size() == 4);
  CHECK(columns[0].name == "ID");
  CHECK(columns[0].kind == Kind::integer);
  CHECK_FALSE(columns[0].nullable);
  CHECK(columns[1].name == "V");
  CHECK(columns[1].kind == Kind::text);
  CHECK(columns[1].length == 10);
  CHECK(columns[3].kind == Kind::clob);
  CHECK(columns[3].sql_type == 408);
}

TEST_CASE("each row of an array has its own answer") {
  ArrayReply reply(derby(), 3);
  const Exchange exchange = recorded("array");
  CHECK(replay(exchange, reply) == 3);
  CHECK(reply.complete());
  CHECK(reply.sqlcas()[0]->rows == 1);
  CHECK(reply.sqlcas()[1]->rows == 1);
  CHECK(reply.sqlcas()[2]->state == "23505");
  CHECK(reply.sqlcas()[2]->message == "T_KEY\x14T\x14" "23505");
  ArrayReply shorter(derby(), 2);
  CHECK(state_of([&] { replay(exchange, shorter); }) == "58009");  // nobody sent a third one
  ArrayReply longer(derby(), 4);
  replay(exchange, longer);
  CHECK_FALSE(longer.complete());
}

TEST_CASE("a query's rows, and its end in the same block") {
  CursorReply reply(derby());
  replay(recorded("query"), reply);
  CHECK(reply.opened());
  CHECK(reply.instance() == 2);
  REQUIRE(reply.next_row(ByteOrder::big));
  CHECK(texts_of(reply) == Texts{"1", "ab", "12345.67"});
  REQUIRE(reply.next_row(ByteOrder::big));
  CHECK(texts_of(reply) == Texts{"2", "ab", "-1.50"});
  CHECK_FALSE(reply.next_row(ByteOrder::big));
  CHECK_FALSE(reply.needs_more());
  CHECK_FALSE(reply.next_row(ByteOrder::big));
}

TEST_CASE("a query's rows in blocks of their own, with a LOB behind") {
  const Exchange exchange = recorded("query_lob");
  CursorReply reply(derby());
  std::size_t at = replay(exchange, reply);
  CHECK_FALSE(reply.next_row(ByteOrder::big));
  CHECK(reply.needs_more());
  reply.expect_more();
  CHECK_FALSE(reply.arrived());
  at += replay(exchange, reply, at);
  CHECK(reply.arrived());
  REQUIRE(reply.next_row(ByteOrder::big));
  CHECK(texts_of(reply) == Texts{"1", "ab", "12345.67", "lob"});
  CHECK_FALSE(reply.next_row(ByteOrder::big));
  CHECK(reply.needs_more());
  at += replay(exchange, reply, at);
  REQUIRE(reply.next_row(ByteOrder::big));
  CHECK(texts_of(reply) == Texts{"2", "ab", "-1.50", "NULL"});
  at += replay(exchange, reply, at);
  CHECK_FALSE(reply.next_row(ByteOrder::big));
  CHECK_FALSE(reply.needs_more());
}

TEST_CASE("a row that is cut anywhere goes on in the next block") {
  // INTEGER, VARCHAR, a CLOB, and a warning in front of them.
  const std::string description = "0c76d0 030004 3f000a cf8004" "0971e0540001d00001" "0671f0e00000";
  const std::string sqlca = "00 00002710 3031303034 4353533130313430 00" + std::string(48, '0') + std::string(22, '2') + "0000 0003 616263 0000 ff";
  const Octets row = from_hex(sqlca + "00" "0000000007" "0000026162" "0000008004");
  for (std::size_t cut = 0; cut <= row.size(); ++cut) {
    CAPTURE(cut);
    CursorReply reply(derby());
    ByteOrder order = ByteOrder::big;
    read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
    reply.on_data(cp::QRYDSC, from_hex(description));
    reply.on_data(cp::QRYDTA, Bytes(row).first(cut));
    CHECK_FALSE(reply.next_row(order));
    reply.on_data(cp::QRYDTA, Bytes(row).subspan(cut));
    CHECK_FALSE(reply.next_row(order));
    CHECK(reply.needs_more());  // the LOB
    reply.on_data(cp::EXTDTA, from_hex("00 6c6f62"));
    REQUIRE(reply.next_row(order));
    CHECK(texts_of(reply) == Texts{"7", "ab", "lob"});
  }
}

TEST_CASE("behind a row's first nullable LOB Derby's others begin with the byte of a nullable one, too") {
  // CLOB NOT NULL, CLOB, CLOB NOT NULL, of 4 bytes each.
  const auto rows = [](const ServerTraits& traits, const std::string& cells, const std::vector<std::string>& outside) {
    CursorReply reply(traits);
    ByteOrder order = ByteOrder::big;
    read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
    reply.on_data(cp::QRYDSC, from_hex("0c76d0 ce8004 cf8004 ce8004" "0971e0540001d00001" "0671f0e00000"));
    reply.on_data(cp::QRYDTA, from_hex("ff 00" + cells));
    for (const std::string& value : outside) reply.on_data(cp::EXTDTA, from_hex(value));
    REQUIRE(reply.next_row(order));
    return texts_of(reply);
  };
  const std::string whole = "00000004 0000000004 00000004";
  CHECK(rows(derby(), whole, {"61616161", "00 62626262", "00 63636363"}) == Texts{"aaaa", "bbbb", "cccc"});
  CHECK(rows(db2(), whole, {"61616161", "00 62626262", "63636363"}) == Texts{"aaaa", "bbbb", "cccc"});
  // One that is NULL or empty has no EXTDTA, and changes nothing for those behind it.
  CHECK(rows(derby(), "00000004 ff 00000004", {"61616161", "63636363"}) == Texts{"aaaa", "NULL", "cccc"});
  CHECK(rows(derby(), "00000004 0000000000 00000004", {"61616161", "63636363"}) == Texts{"aaaa", "", "cccc"});
}

TEST_CASE("a query that ends by an error says so behind its last row") {
  CursorReply reply(derby());
  ByteOrder order = ByteOrder::big;
  read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
  reply.on_data(cp::QRYDSC, from_hex("0676d0030004" "0971e0540001d00001" "0671f0e00000"));
  reply.on_data(cp::QRYDTA, from_hex("ff 00 0000000001" "00 ffffb1df 3232303132 4353533130313430 ff ff ff"));
  REQUIRE(reply.next_row(order));
  CHECK_FALSE(reply.next_row(order));
  REQUIRE(reply.row_error());
  CHECK(reply.row_error()->state == "22012");
}

TEST_CASE("blocks that end in the middle of the last row, or have rows of no known form, break the protocol") {
  const auto rows = [](const std::string& description, const std::string& block, bool ended) {
    return state_of([&] {
      CursorReply reply(derby());
      ByteOrder order = ByteOrder::big;
      read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
      if (!description.empty()) reply.on_data(cp::QRYDSC, from_hex(description));
      reply.on_data(cp::QRYDTA, from_hex(block));
      if (ended) read_reply(dss_of(from_hex("000a220b000611490004"), DssType::reply), order, reply);
      while (reply.next_row(order)) {
      }
    });
  };
  const std::string integer = "0676d0030004" "0971e0540001d00001" "0671f0e00000";
  CHECK(rows(integer, "ff 00 00000000", true) == "58009");
  CHECK(rows(integer, "ff 00 00000000", false) == "");
  CHECK(rows("", "ff 00", false) == "58009");
  CHECK(rows("0676d0030004", "ff 00", false) == "58009");                                            // it does not end
  CHECK(rows("0576d00300" "0971e0540001d00001" "0671f0e00000", "ff 00", false) == "58009");           // half a value
  CHECK(rows("0276" "0971e0540001d00001", "ff 00", false) == "58009");
  CHECK(rows("ff76d0030004", "ff 00", false) == "58009");
  CHECK(rows("0676d00f0507" "0971e0540001d00001" "0671f0e00000", "ff 00", false) == "58009");         // DECIMAL(5,7)
  CHECK(rows("0676d0cf8003" "0971e0540001d00001" "0671f0e00000", "ff 00", false) == "58009");
  CHECK(rows("0676d0770004" "0971e0540001d00001" "0671f0e00000", "ff 00", false) == "HY000");         // no such type
}

TEST_CASE("the message procedure's text is one of its output parameters") {
  CallReply reply(derby());
  const Exchange exchange = recorded("message");
  const std::size_t prepared = replay(exchange, reply);
  replay(exchange, reply, prepared);
  const std::vector<ResultCell>* const values = reply.values(ByteOrder::big);
  REQUIRE(values != nullptr);
  REQUIRE(values->size() == 16);
  CHECK((*values)[14].as_text() == "Schema 'MILL' does not exist");
  CallReply none(derby());
  CHECK(none.values(ByteOrder::big) == nullptr);
}

TEST_CASE("little-endian Sqlcas, descriptions and rows; Db2 LUW only, from the standard's text") {
  // TYPDEFNAM in front of an SQLCARD, as an object of its own.
  const std::string sqlca = "00 ddfcffff 3233353035 53514c5249313332 00 000000000000000001000000000000000000000000000000" + std::string(22, '2') + "0000 0005 31ff542e54 0000 ff";
  CommandReply failed(db2());
  ByteOrder order = ByteOrder::big;
  const Octets card = from_hex(object("002f", "51544453514c583836") + object("2408", sqlca));
  read_reply(dss_of(card), order, failed);
  CHECK(order == ByteOrder::little);
  CHECK(failed.sqlca().code == -803);
  CHECK(failed.sqlca().rows == 1);
  CHECK(readable_tokens(failed.sqlca().message, db2().token_separator) == "1, T.T");

  // A null Sqlca, no SQLDHROW, three columns without their extended parts: INTEGER, DECIMAL(9,2), INTEGER. Db2 LUW has one more group, which is missing.
  for (const std::string last_group : {"", "ff"}) {
    CAPTURE(last_group);
    const std::string integer = "0000 0000 0400000000000000 f101 0000 00 0000 0000 0001 41 0000 0000 0000 0000 ff ff" + last_group;
    const Octets description = from_hex(object("2411", "ff ff 0300" + integer + "0900 0200 0209000000000000 e501 0000 ff" + integer));
    CommandReply described(db2());
    read_reply(dss_of(description), order, described);
    REQUIRE(described.columns());
    REQUIRE(described.columns()->size() == 3);
    CHECK((*described.columns())[0].kind == Kind::integer);
    CHECK((*described.columns())[0].name == "A");
    CHECK((*described.columns())[1].kind == Kind::decimal);
    CHECK((*described.columns())[1].precision == 9);
    CHECK((*described.columns())[1].name == "");
    CHECK((*described.columns())[2].name == "A");
  }

  CursorReply reply(db2());
  read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
  reply.on_data(cp::QRYDSC, from_hex("1e76d0 020004 050002 170008 0d0004 0b0008 0f0902 33000a 25001a 390005" "0971e0540001d00001" "0671f0e00000"));
  reply.on_data(cp::QRYDTA, from_hex("ff 00 01000000 00feff 000200000000000000 000000803f 00000000000000f0bf 00000000015d 00000161"
                                     "00 323032342d30312d33312d31332e30342e30352e313233343536 000002 004220ac"));
  REQUIRE(reply.next_row(order));
  CHECK(texts_of(reply) == Texts{"1", "-2", "2", "1", "-1", "-0.15", "a", "2024-01-31 13:04:05.123456", "B\xe2\x82\xac"});
}

TEST_CASE("types that only Db2 LUW sends; from what other clients know of it") {
  CursorReply reply(db2());
  ByteOrder order = ByteOrder::little;
  read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
  // DECFLOAT(16), three BOOLEANs of two bytes, BINARY(2), VARBINARY, CHAR(2) FOR BIT DATA with the highest bit of its length, three BLOBs whose lengths stand
  // behind a mode.
  reply.on_data(cp::QRYDSC, from_hex("2176d0 bb0008 bf0002 bf0002 be0002 c00002 c37fff 278002 c98009 c98009 c98009" "0971e0540001d00001" "0671f0e00000"));
  reply.on_data(cp::QRYDTA, from_hex("ff 00 00a2300000000003d0 000100 000001 0000 0102 000003030405 000607 00020000000000000001 ff 00020000000000000000"));
  reply.on_data(cp::EXTDTA, from_hex("00 08"));
  REQUIRE(reply.next_row(order));
  CHECK(texts_of(reply) == Texts{"-7.50", "TRUE", "TRUE", "FALSE", "0102", "030405", "0607", "08", "NULL", ""});
  CHECK(state_of([&] {
    CursorReply impossible(db2());
    read_reply(dss_of(from_hex(kOpened), DssType::reply), order, impossible);
    impossible.on_data(cp::QRYDSC, from_hex("0676d0bf0003" "0971e0540001d00001" "0671f0e00000"));
    impossible.on_data(cp::QRYDTA, from_hex("ff 00 00000000"));
    impossible.next_row(order);
  }) == "58009");
}

TEST_CASE("a server that closes a query at its end says ENDQRYRM; Db2 LUW only, from the standard's text") {
  CursorReply reply(db2());
  ByteOrder order = ByteOrder::little;
  read_reply(dss_of(from_hex(kOpened), DssType::reply), order, reply);
  reply.on_data(cp::QRYDSC, from_hex("0676d0020004" "0971e0540001d00001" "0671f0e00000"));
  reply.on_data(cp::QRYDTA, from_hex("ff 00 01000000"));
  read_reply(dss_of(from_hex("000a220b000611490004"), DssType::reply), order, reply);
  const Octets end = from_hex(object("2408", "00 64000000 3032303030 53514c5249323436 ff ff"));
  read_reply(dss_of(end), order, reply);
  CHECK(reply.closed_by_server());
  REQUIRE(reply.next_row(order));
  CHECK_FALSE(reply.next_row(order));
  CHECK_FALSE(reply.needs_more());
  CHECK_FALSE(reply.sqlca().failed());
}

TEST_CASE("a reply message instead of an Sqlca is a refusal, a severe one ends the conversation") {
  ByteOrder order = ByteOrder::big;
  CommandReply refused(derby());
  read_reply(dss_of(from_hex("000a1252000611490008"), DssType::reply), order, refused);
  CHECK(refused.sqlca().state == "HY000");
  CHECK(refused.sqlca().message == "the server refuses the command with VALNSPRM (severity 8)");
  CHECK_FALSE(refused.damaged());
  CommandReply damaged(derby());
  read_reply(dss_of(from_hex("000a1254000611490080"), DssType::reply), order, damaged);
  CHECK(damaged.sqlca().state == "58009");
  CHECK(damaged.damaged());
  CursorReply gone(derby());
  read_reply(dss_of(from_hex("000a2202000611490008"), DssType::reply), order, gone);
  CHECK(gone.is_closed_there());
}

TEST_CASE("every recorded reply, cut anywhere, is broken or incomplete, and nothing worse") {
  for (const char* const name : {"login", "array", "describe_parameters", "prepare_query", "query", "query_lob", "message", "prepare_failed"}) {
    for (const std::string& structure : recorded(name).server) {
      if (structure.find("8004146c") != std::string::npos) continue;  // a stream ends with its structure
      const Octets whole = from_hex(structure);
      for (std::size_t size = kDssHeader; size < whole.size(); ++size) {
        ByteOrder order = ByteOrder::big;
        CommandReply reply(derby());
        CHECK(state_of([&] { read_reply(dss_of({whole.begin() + kDssHeader, whole.begin() + static_cast<std::ptrdiff_t>(size)}), order, reply); }) ==
              (size == kDssHeader ? "" : "58009"));
      }
    }
  }
}

TEST_CASE("texts of the server become one line of valid UTF-8") {
  CHECK(readable_line("one\ntwo\t\tthree  \n") == "one two three");
  CHECK(readable_line("\xc3\xa4 \xff \xe2\x82 \xed\xa0\x80 \xc0\x80 \xf0\x9f\x9a\x82") == "\xc3\xa4 ? ?? ??? ?? \xf0\x9f\x9a\x82");
  CHECK(readable_tokens("A\x14" "B\x14\x14" "C", '\x14') == "A, B, C");
  CHECK(readable_tokens("", '\x14') == "");
}

TEST_CASE("servers are known by their class; whoever is not known is taken for Db2 LUW") {
  CHECK(traits_of("Apache Derby").is_derby);
  CHECK_FALSE(traits_of("QDB2/LINUXX8664").is_derby);
  CHECK(traits_of("").client_product.starts_with("SQL"));
  CHECK(traits_of("Apache Derby").client_product.starts_with("DNC"));
}
