#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "csv_support.hpp"
#include "load/csv/streams.hpp"

using namespace millrace;
using namespace millrace::csv_test;

namespace {

std::string gzip(const std::string& text, int level = 6) {
  z_stream zlib{};
  deflateInit2(&zlib, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&zlib, text.size()) + 32, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  deflate(&zlib, Z_FINISH);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

/// With a checksum, as the zstd command writes it; the format does not ask for one.
std::string zstd(const std::string& text) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size()));
  return out;
}

std::string read_all(ByteStream& stream, std::size_t step = 1000) {
  std::string out, piece(step, '\0');
  while (const std::size_t count = stream.read(piece.data(), piece.size())) out.append(piece, 0, count);
  return out;
}

std::unique_ptr<ByteStream> decompress(const std::string& bytes, std::size_t step = SIZE_MAX) {
  return csv::decompressing(std::make_unique<DribbleStream>(bytes, step), "input.csv");
}

std::string decompression_error(const std::string& bytes, std::size_t step = SIZE_MAX) {
  return error_of([&] { read_all(*decompress(bytes, step)); });
}

std::string convert(const std::string& bytes, const std::string& encoding, std::size_t in_step = SIZE_MAX, std::size_t out_step = 1000) {
  return read_all(*csv::converting(std::make_unique<DribbleStream>(bytes, in_step), encoding, "input.csv"), out_step);
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i * 7919) + ",some text\n";
  return text;
}

/// A directory of its own, gone with the test.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-csv-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path() const { return path_.string(); }
  std::string file(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("gzip and zstd are recognized by content", "[csv]") {
  const Scratch scratch;
  const std::string text = lines(10'000);
  CHECK(read_all(*open_byte_stream(scratch.file("plain.gz", text))) == text);
  CHECK(read_all(*open_byte_stream(scratch.file("gzip.csv", gzip(text)))) == text);
  CHECK(read_all(*open_byte_stream(scratch.file("zstd.csv", zstd(text)))) == text);
  CHECK(read_all(*open_byte_stream(scratch.file("empty.csv", ""))) == "");
}

TEST_CASE("short inputs are not mistaken for compressed ones", "[csv]") {
  for (const std::string text : {"", "(", "a", "ab", "abc", "PK\n", "(x\n", "P*M\n", "\x1f"}) CHECK(read_all(*decompress(text)) == text);
}

TEST_CASE("members may follow each other, empty ones too, in pieces of any size", "[csv]") {
  const std::string a = lines(300), b = lines(20);
  const std::string gz = gzip("") + gzip(a) + gzip("") + gzip(b, 0) + gzip("");
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  const std::string zs = skippable + zstd("") + zstd(a) + skippable + zstd("") + zstd(b);
  for (const std::size_t step : {1, 2, 3, 7, 100, 100'000}) {
    CHECK(read_all(*decompress(gz, step), step) == a + b);
    CHECK(read_all(*decompress(zs, step), step) == a + b);
  }
}

TEST_CASE("a truncated compressed file is an error at every length", "[csv]") {
  const std::string text = lines(40);
  for (const std::string& whole : {gzip(text), zstd(text)}) {
    REQUIRE(read_all(*decompress(whole)) == text);
    for (std::size_t size = 2; size < whole.size(); ++size) {
      const std::string error = decompression_error(whole.substr(0, size), size % 2 ? 1 : SIZE_MAX);
      INFO("size " << size);
      REQUIRE(contains(error, "end too early"));
      REQUIRE(contains(error, "input.csv"));
    }
    // Two members, the second one truncated.
    for (std::size_t size = 1; size < whole.size(); ++size) REQUIRE_FALSE(decompression_error(whole + whole.substr(0, size)).empty());
  }
}

TEST_CASE("damage is an error, never other bytes", "[csv]") {
  const std::string text = lines(200);
  std::string gz = gzip(text);
  gz[gz.size() - 6] ^= 1;  // the checksum
  CHECK(contains(decompression_error(gz), "gzip data are damaged"));
  CHECK(contains(decompression_error(gzip(text) + "trailing"), "gzip data are damaged"));
  CHECK(contains(decompression_error(zstd(text) + "trailing"), "zstd data are damaged"));
  std::string zs = zstd(text);
  zs[zs.size() / 2] ^= 0x55;
  CHECK_FALSE(decompression_error(zs).empty());
  std::mt19937_64 random(1);
  for (const std::string& small : {gzip(lines(30)), zstd(lines(30))}) {
    for (int i = 0; i < 500; ++i) {
      std::string bytes = small, read;
      bytes[10 + random() % (bytes.size() - 10)] ^= static_cast<char>(1 + random() % 255);
      const std::string error = error_of([&] { read = read_all(*decompress(bytes)); });
      REQUIRE((contains(error, "input.csv") || read == lines(30)));
    }
  }
}

TEST_CASE("memory does not follow the compression ratio", "[csv]") {
  // 256 MiB of zeros in less than a megabyte, read a megabyte at a time.
  std::string gz;
  const std::string member = gzip(std::string(16 << 20, '0'), 9);
  for (int i = 0; i < 16; ++i) gz += member;
  const std::unique_ptr<ByteStream> stream = decompress(gz);
  std::string piece(1 << 20, '\0');
  std::size_t total = 0;
  while (const std::size_t count = stream->read(piece.data(), piece.size())) {
    REQUIRE(count <= piece.size());
    total += count;
  }
  CHECK(total == std::size_t{256} << 20);
}

TEST_CASE("files that cannot be opened: one clear sentence each", "[csv]") {
  const Scratch scratch;
  const auto open_error = [](const std::string& path) { return error_of([&] { open_byte_stream(path); }); };
  CHECK(contains(open_error(scratch.path() + "/none.csv"), "/none.csv: no such file"));
  CHECK(contains(open_error(scratch.path()), "it is a directory"));
  const std::string path = scratch.file("a.csv", "x");
  CHECK(contains(open_error(path + "/b.csv"), "not a directory"));
  ::chmod(path.c_str(), 0);
  if (::geteuid() == 0) WARN("skipped for root: files without read permission");
  else CHECK(contains(open_error(path), "permission denied"));
}

TEST_CASE("progress counts bytes as they lie on disk", "[csv]") {
  const Scratch scratch;
  const std::string text = lines(50'000);
  const std::string packed = gzip(text);
  for (const std::string& bytes : {text, packed}) {
    const std::unique_ptr<Source> source = make_csv_source(scratch.file("p.csv", bytes), without_header());
    source->open();
    CHECK(source->progress().total == static_cast<std::int64_t>(bytes.size()));
    CHECK(source->progress().done > 0);
    all_units(*source);
    CHECK(source->progress().done == static_cast<std::int64_t>(bytes.size()));
  }
  CHECK_FALSE(DribbleStream("x", 1).progress().total);
}

TEST_CASE("files rewind, compressed and converted ones too; pipes do not", "[csv]") {
  const Scratch scratch;
  const std::string text = lines(20'000);
  std::string utf16;
  for (const char c : "\xfe" + text) utf16 += c == '\xfe' ? std::string("\xff\xfe") : std::string{c, '\0'};
  for (const auto& [bytes, encoding] : {std::pair(text, "UTF-8"), std::pair(gzip(text), "UTF-8"), std::pair(zstd(text), "utf8"), std::pair(utf16, "UTF-16")}) {
    const std::unique_ptr<ByteStream> stream = open_byte_stream(scratch.file("r.csv", bytes), encoding);
    std::string piece(5000, '\0');
    REQUIRE(stream->read(piece.data(), piece.size()) > 0);
    REQUIRE(stream->rewind());
    CHECK(read_all(*stream) == text);
    REQUIRE(stream->rewind());
    CHECK(read_all(*stream) == text);
  }
  const std::string fifo = scratch.path() + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int keeper = ::open(fifo.c_str(), O_RDWR);
  REQUIRE(::write(keeper, "a\n1\n", 4) == 4);
  const std::unique_ptr<ByteStream> pipe = open_byte_stream(fifo);
  ::close(keeper);
  CHECK(read_all(*pipe) == "a\n1\n");
  CHECK_FALSE(pipe->rewind());
  CHECK_FALSE(pipe->progress().total);
  CHECK(pipe->progress().done == 4);
}

TEST_CASE("other encodings become UTF-8", "[csv]") {
  for (const std::size_t step : {1, 2, 3, 1000}) {
    CHECK(convert("caf\xe9\n", "ISO-8859-1", step, step) == "caf\xc3\xa9\n");
    CHECK(convert(std::string("\xff\xfe" "a\0\xac\x20", 6), "UTF-16", step, step) == "a\xe2\x82\xac");
    CHECK(convert("\x82\xa0", "SHIFT_JIS", step, step) == "\xe3\x81\x82");
    CHECK(convert("", "ISO-8859-1", step, step) == "");
  }
  const std::string large(200'000, '\xe9');
  std::string expected;
  for (int i = 0; i < 200'000; ++i) expected += "\xc3\xa9";
  CHECK(convert(large, "latin1") == expected);
  // A decoder that waits for a combining character gives up its last one at the end.
  CHECK(convert("\x88\x66", "BIG5-HKSCS") == "\xc3\x8a");
}

TEST_CASE("what cannot be converted is an error with its offset", "[csv]") {
  const auto error = [](const std::string& bytes, const std::string& encoding) { return error_of([&] { convert(bytes, encoding); }); };
  CHECK(contains(error("ab\xffz", "ASCII"), "input.csv: the bytes at offset 2 are not valid in encoding ASCII"));
  CHECK(contains(error("ab\x82", "SHIFT_JIS"), "offset 2 end within a character"));
  CHECK(contains(error(std::string(100'000, 'a') + "\xff", "ASCII"), "offset 100000"));
}

TEST_CASE("an unknown encoding is named", "[csv]") {
  for (const std::string name : {"KLINGON", "ISO-8859-1//IGNORE", "ISO-8859-1//TRANSLIT"}) {
    try {
      convert("a", name);
      FAIL("accepted " << name);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::config);
      CHECK(contains(error.what(), name));
    }
  }
}

TEST_CASE("a damaged file stops the source with its path", "[csv]") {
  const Scratch scratch;
  const std::string packed = gzip(lines(100'000));
  const std::string path = scratch.file("t.csv.gz", packed.substr(0, packed.size() - 1000));
  CsvOptions options = without_header();
  const std::unique_ptr<Source> source = make_csv_source(path, options);
  source->open();
  CHECK(contains(error_of([&] { all_units(*source); }), path + ": the gzip data end too early"));
}
