// Structures and objects: framing, chaining, continuation blocks, extended lengths.

#include <catch2/catch_test_macros.hpp>

#include "db2/drda/ddm.hpp"
#include "db2/drda/dss.hpp"
#include "unit/db2/drda/drda_golden.hpp"

using namespace millrace::drda;
using namespace millrace::drda_test;

namespace {

Octets payload_of(std::size_t size) {
  Octets out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return out;
}

Octets one_dss(Bytes payload, DssType type = DssType::object) {
  Buffer out;
  const std::size_t start = begin_dss(out, type, 0, 7);
  out.put(payload);
  finish_dss(out, start);
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace

TEST_CASE("a short structure is a header and its payload") {
  CHECK(to_hex(one_dss(from_hex("aabb"))) == "0008d0030007aabb");
  Buffer out;
  begin_dss(out, DssType::request, dss_flag::chained | dss_flag::same_correlator, 0x1234);
  finish_dss(out, 0);
  CHECK(to_hex(out) == "0006d0511234");
  unchain_dss(out.data());
  CHECK(to_hex(out) == "0006d0011234");
}

TEST_CASE("structures of every size around a block's length come back whole, however their bytes arrive") {
  for (const std::size_t size : {0u, 1u, 32'760u, 32'761u, 32'762u, 32'763u, 65'525u, 65'526u, 65'527u, 65'528u, 98'290u, 98'291u, 98'292u, 200'000u}) {
    CAPTURE(size);
    const Octets payload = payload_of(size);
    const Octets bytes = one_dss(payload);
    for (const std::size_t piece : {std::size_t{1'000}, std::size_t{32'767}, bytes.size()}) {
      DssDecoder decoder;
      std::optional<Dss> dss;
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        REQUIRE_FALSE(dss);
        decoder.feed(Bytes(bytes).subspan(at, std::min(piece, bytes.size() - at)));
        dss = decoder.next();
      }
      REQUIRE(dss);
      CHECK(dss->correlator == 7);
      CHECK(dss->type == DssType::object);
      CHECK_FALSE(dss->chained);
      CHECK(std::equal(dss->payload.begin(), dss->payload.end(), payload.begin(), payload.end()));
      CHECK_FALSE(decoder.next());
    }
  }
}

TEST_CASE("a continued structure has the lengths that the standard says") {
  const Octets bytes = one_dss(payload_of(32'761 + 32'765 + 1));
  CHECK(to_hex(Bytes(bytes).first(6)) == "ffffd0030007");
  CHECK(to_hex(Bytes(bytes).subspan(32'767, 2)) == "ffff");
  CHECK(to_hex(Bytes(bytes).subspan(65'534)).starts_with("0003"));
  CHECK(bytes.size() == 65'537);
}

TEST_CASE("several structures in one piece, byte by byte too") {
  const Octets bytes = from_hex("0008d0420001aabb 0006d0530002 0007d0030002cc");
  const auto read = [&](std::size_t piece) {
    DssDecoder decoder;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      decoder.feed(Bytes(bytes).subspan(at, std::min(piece, bytes.size() - at)));
      while (const std::optional<Dss> dss = decoder.next()) {
        out += std::to_string(dss->correlator) + (dss->chained ? "+" : ".") + (dss->same_correlator ? "s" : "") + to_hex(dss->payload) + " ";
      }
    }
    return out;
  };
  CHECK(read(100) == "1+aabb 2+s 2.cc ");
  CHECK(read(1) == "1+aabb 2+s 2.cc ");
}

TEST_CASE("bytes that are no structures are refused as soon as it shows") {
  const auto feed = [](std::string_view hex) {
    return state_of([&] {
      DssDecoder decoder;
      decoder.feed(from_hex(hex));
      decoder.next();
    });
  };
  CHECK(feed("485454") == "58009");                // "HTT"
  CHECK(feed("1503030002022a") == "58009");        // a TLS alert
  CHECK(feed("0005d0020001") == "58009");          // shorter than its header
  CHECK(feed("0006d0010001") == "58009");          // a request
  CHECK(feed("0006d0060001") == "58009");
  CHECK(feed("0006d002") == "");                   // not all of it yet
  std::string continued = "ffffd0030001" + std::string(2 * 32'761, '0');
  CHECK(feed(continued + "0002") == "58009");      // an empty continuation
  CHECK(feed(continued + "0001") == "58009");
  CHECK(feed(continued + "0003") == "");
}

TEST_CASE("what waits to be taken is bounded") {
  DssDecoder decoder(100'000);
  const Octets piece(60'000, 0xFF);
  decoder.feed(Octets{0xFF, 0xFF, 0xD0, 0x03, 0, 1});
  decoder.feed(piece);
  CHECK(state_of([&] { decoder.feed(piece); }) == "58009");
  DssDecoder taken(100'000);
  taken.feed(Octets{0xFF, 0xFF, 0xD0, 0x03, 0, 1});
  CHECK(state_of([&] {
          for (int i = 0; i < 10; ++i) {
            taken.feed(Octets(32'767, 0xFF));
            taken.next();
          }
        }) == "58009");
}

TEST_CASE("objects have short or extended lengths") {
  Buffer out;
  put_ddm16(out, cp::SECMEC, 3);
  CHECK(to_hex(out) == "000611a20003");
  for (const std::size_t size : {32'763u, 32'764u, 100'000u}) {
    out.clear();
    const Octets data = payload_of(size);
    put_ddm(out, cp::EXTDTA, data);
    CHECK(to_hex(out.bytes().first(4)) == (size == 32'763 ? "7fff146c" : "8008146c"));
    Reader reader(out.bytes());
    const std::optional<DdmObject> object = next_ddm(reader);
    REQUIRE(object);
    CHECK(object->code_point == cp::EXTDTA);
    CHECK(std::equal(object->data.begin(), object->data.end(), data.begin(), data.end()));
    CHECK_FALSE(next_ddm(reader));
  }
}

TEST_CASE("objects inside of objects, and streams up to the structure's end") {
  Buffer out;
  const std::size_t outer = begin_ddm(out, cp::SQLDTA);
  const std::size_t inner = begin_ddm(out, cp::FDODTA);
  out.put(payload_of(40'000));
  finish_ddm(out, inner);
  finish_ddm(out, outer);
  CHECK(to_hex(out.bytes().first(16)) == "8008241200009c488008147a00009c40");
  const Octets stream = from_hex("8004146c 010203");
  Reader reader(stream);
  CHECK(to_hex(next_ddm(reader)->data) == "010203");
  const Octets six = from_hex("800a146c 000000000002 0102 8001"), eight = from_hex("800c146c 0000000000000001 01");
  CHECK(to_hex(*find_ddm(Bytes(six).first(12), cp::EXTDTA)) == "0102");
  CHECK(to_hex(*find_ddm(eight, cp::EXTDTA)) == "01");
  CHECK_FALSE(find_ddm(eight, cp::SQLDTA));
}

TEST_CASE("objects with impossible lengths are refused") {
  for (const char* const hex : {"00", "0004", "000411", "0003114a", "000511a2", "8002146c", "8005146c00", "8008146c000000", "8008146c0000000501", "800c146cffffffffffffffff01",
                                "800a146cffff00000000"}) {
    CAPTURE(hex);
    const Octets bytes = from_hex(hex);
    Reader reader(bytes);
    CHECK(state_of([&] { next_ddm(reader); }) == "58009");
  }
}
