#include "millrace/load/rejects.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <stdlib.h>

#include <catch2/catch_test_macros.hpp>

#include "load/base64.hpp"

using namespace millrace;

namespace {

struct TemporaryFolder {
  std::string path;
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

std::vector<RejectLine> lines_of(const std::string& path) {
  std::vector<RejectLine> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(parse_reject_line(line));
  return lines;
}

Reject reject(std::int64_t row, std::string raw) {
  Reject made;
  made.src_row = row;
  made.line = row + 1;
  made.code = "invalid_syntax";
  made.reason = "because";
  made.raw = std::move(raw);
  return made;
}

Unit unit(std::int64_t first) {
  Unit made;
  made.first_src_row = first;
  made.rows = 10;
  return made;
}

std::string read_all(ByteStream& stream) {
  std::string text;
  char buffer[3];  // smaller than any record
  while (const std::size_t count = stream.read(buffer, sizeof buffer)) text.append(buffer, count);
  return text;
}

}  // namespace

TEST_CASE("a reject keeps the record as it was, whatever its bytes") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& raw : {std::string(), std::string("a,\"b\nc\""), std::string("caf\xc3\xa9"), std::string("\xff\xfe"), std::string("a\0b", 3), all}) {
    const RejectLine line = parse_reject_line(to_json_line(reject(7, raw), "run", 1));
    CHECK(line.reject.raw == raw);
    CHECK(line.run_id == "run");
    CHECK(line.unit == 1);
    CHECK(line.reject.src_row == 7);
  }
  CHECK(to_json_line(reject(1, "\xff"), "r", 1).find("raw_base64") != std::string::npos);
}

TEST_CASE("base64 of every length round-trips and refuses what is none") {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
  CHECK(base64_encode("Ma") == "TWE=");
  for (const char* bad : {"TWE", "TW=E", "T===", "TW!=", "===="}) CHECK_THROWS_AS(base64_decode(bad), DataError);
}

TEST_CASE("a damaged line says what is wrong") {
  CHECK_THROWS_AS(parse_reject_line("nonsense"), DataError);
  CHECK_THROWS_AS(parse_reject_line("{\"run\":\"r\"}"), DataError);
  CHECK_THROWS_AS(parse_reject_line("{\"raw\":5}"), DataError);
}

TEST_CASE("no reject, no file") {
  const TemporaryFolder folder;
  RejectFile file(folder.path + "/r.jsonl", "run");
  file.write(unit(1), {});
  CHECK_FALSE(std::filesystem::exists(file.path()));
}

TEST_CASE("writing a unit again replaces its lines") {
  const TemporaryFolder folder;
  RejectFile file(folder.path + "/r.jsonl", "run");
  file.write(unit(1), {reject(1, "a"), reject(2, "b")});
  file.write(unit(11), {reject(12, "c")});
  file.write(unit(1), {reject(2, "b")});
  const auto lines = lines_of(file.path());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].reject.raw == "c");
  CHECK(lines[1].reject.raw == "b");
}

TEST_CASE("a resume drops lines of units that never committed, and nobody else's") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/r.jsonl";
  {
    RejectFile other(path, "other");
    other.write(unit(11), {reject(11, "other's")});
    RejectFile mine(path, "mine");
    mine.write(unit(1), {reject(1, "committed")});
    mine.write(unit(11), {reject(12, "lost")});
  }
  {
    std::ofstream(path, std::ios::app) << "somebody's note\n{\"run\":\"mine\",\"unit\":21,\"raw\":\"cut o";
  }
  RejectFile resumed(path, "mine");
  resumed.keep_only({1});
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  CHECK(text.str().find("other's") != std::string::npos);
  CHECK(text.str().find("committed") != std::string::npos);
  CHECK(text.str().find("somebody's note\n") != std::string::npos);
  CHECK(text.str().find("lost") == std::string::npos);
  CHECK(text.str().find("cut o") == std::string::npos);
}

TEST_CASE("a reject file that can not be written is an error that names it") {
  RejectFile nowhere("/no/such/folder/r.jsonl", "run");
  CHECK_THROWS_AS(nowhere.write(unit(1), {reject(1, "a")}), Error);
  RejectFile full("/dev/full", "run");
  CHECK_THROWS_AS(full.write(unit(1), {reject(1, "a")}), Error);
}

TEST_CASE("a replay reads the raw records again, one a line, as often as asked") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/r.jsonl";
  {
    RejectFile file(path, "run-9");
    file.write(unit(1), {reject(1, "1,a"), reject(5, "2,\"x\ny\"")});
  }
  std::ofstream(path, std::ios::app) << "\n";  // an editor's empty line
  const auto stream = open_reject_stream(path);
  CHECK(read_all(*stream) == "1,a\n2,\"x\ny\"\n");
  REQUIRE(stream->rewind());
  CHECK(read_all(*stream) == "1,a\n2,\"x\ny\"\n");
  CHECK(run_of_reject_file(path) == "run-9");
  CHECK_THROWS_AS(open_reject_stream(folder.path + "/none"), DataError);
  std::ofstream(path) << "";
  CHECK_THROWS_AS(run_of_reject_file(path), DataError);
}

TEST_CASE("a replay keeps the order of the input, whatever the order of the commits") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/r.jsonl";
  {
    RejectFile file(path, "run-9");
    file.write(unit(11), {reject(12, "k,new")});
    file.write(unit(1), {reject(2, "k,old")});
    RejectFile(path, "run-a").write(unit(1), {reject(1, "k,newest")});
  }
  CHECK(read_all(*open_reject_stream(path)) == "k,old\nk,new\nk,newest\n");
}
