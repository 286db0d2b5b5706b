// Streams that break Arrow's rules, fail, or come from somebody hostile: an error, never a crash.

#include <cerrno>
#include <limits>

#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::string refused(const HandColumn& column, TypeKind kind = TypeKind::text) {
  const ErrorInfo info = read_error(column, kind);
  CHECK(info.code == ErrorCode::data);
  CHECK(info.column == "c");
  return info.message;
}
bool broken(const HandColumn& column, std::string_view what) {
  const std::string message = refused(column);
  UNSCOPED_INFO(message);
  return message.find("is broken: ") != std::string::npos && message.find(what) != std::string::npos;
}
template <class Change> HandColumn changed(HandColumn column, Change change) {
  change(column);
  return column;
}
HandColumn with_rows(HandColumn column, std::int64_t rows) {
  column.array.length = rows;
  return column;
}

}  // namespace

TEST_CASE("a stream that fails is quoted in one sentence") {
  HandStream schema({fixed<std::int32_t>("i", {1})});
  schema.fail_schema(EIO, "the disk is gone");
  CHECK(read_error(schema, SqlType::of(TypeKind::integer)).message == "the Arrow stream could not tell its schema: the disk is gone");
  HandStream batch({fixed<std::int32_t>("i", {1})});
  batch.repeat(3);
  batch.fail_batch(2, EINVAL, "a filter divided by zero");
  CHECK(read_error(batch, SqlType::of(TypeKind::integer)).message == "the Arrow stream could not deliver its next batch: a filter divided by zero");
  HandStream silent({fixed<std::int32_t>("i", {1})});
  silent.fail_batch(0, ENOMEM, "");
  CHECK(read_error(silent, SqlType::of(TypeKind::integer)).message.ends_with("Cannot allocate memory"));
}

TEST_CASE("a stream of single arrays is no stream of record batches") {
  HandStream stream({fixed<std::int32_t>("i", {1})});
  stream.set_root_format("i");
  CHECK(read_error(stream, SqlType::of(TypeKind::integer)).message.find("no stream of record batches") != std::string::npos);
}

TEST_CASE("lengths and offsets that can not be are refused") {
  const HandColumn column = fixed<std::int32_t>("i", {1, 2, 3});
  for (const std::int64_t length : {std::int64_t{-1}, kMost}) {
    HandStream stream({column}, {length, 0, std::nullopt, 0});
    CHECK(read_error(stream, SqlType::of(TypeKind::integer)).message.find("broken") != std::string::npos);
  }
  for (const std::int64_t offset : {std::int64_t{-1}, kMost}) {
    HandStream stream({column}, {3, offset, std::nullopt, 0});
    CHECK(read_error(stream, SqlType::of(TypeKind::integer)).message.find("broken") != std::string::npos);
    CHECK(broken(changed(column, [&](HandColumn& c) { c.array.offset = offset; }), "offset"));
  }
}

TEST_CASE("a column shorter than its batch is refused") {
  const HandColumn column = fixed<std::int32_t>("i", {1, 2, 3});
  HandStream longer({column}, {4, 0, std::nullopt, 0});
  CHECK(read_error(longer, SqlType::of(TypeKind::integer)).message.find("3 values in a batch of 4 rows") != std::string::npos);
  HandStream shifted({column}, {3, 1, std::nullopt, 0});
  CHECK(read_error(shifted, SqlType::of(TypeKind::integer)).message.find("3 values in a batch of 4 rows") != std::string::npos);
}

TEST_CASE("a batch without the schema's columns is refused") {
  HandStream stream({fixed<std::int32_t>("i", {1})});
  stream.drop_children();
  CHECK(read_error(stream, SqlType::of(TypeKind::integer)).message.find("0 columns where the schema has 1") != std::string::npos);
}

TEST_CASE("missing buffers are refused") {
  const HandColumn column = fixed<std::int32_t>("i", {1, 2});
  CHECK(broken(changed(column, [](HandColumn& c) { c.array.buffers.pop_back(); }), "buffers"));
  CHECK(broken(changed(column, [](HandColumn& c) { c.array.buffers[1] = std::nullopt; }), "values are missing"));
  CHECK(broken(changed(column, [](HandColumn& c) { c.array.null_count = 1; }), "no validity bitmap"));
  CHECK(broken(changed(texts({"a"}), [](HandColumn& c) { c.array.buffers[1] = std::nullopt; }), "offsets are missing"));
  CHECK(broken(changed(texts({"a"}), [](HandColumn& c) { c.array.buffers[2] = std::nullopt; }), "bytes are missing"));
  CHECK(broken(changed(text_views({"a"}), [](HandColumn& c) { c.array.buffers[1] = std::nullopt; }), "views are missing"));
  CHECK(broken(changed(text_views({"a text of more than twelve"}), [](HandColumn& c) { c.array.buffers[2] = std::nullopt; }), "outside its buffers"));
  CHECK(broken(changed(text_views({"a text of more than twelve"}), [](HandColumn& c) { c.array.buffers.back() = std::nullopt; }), "sizes of its buffers"));
}

TEST_CASE("offsets that do not rise are refused") {
  const auto with_offsets = [](std::initializer_list<std::int32_t> offsets) {
    return with_rows(changed(texts({"abcdef"}), [&](HandColumn& c) { c.array.buffers[1] = raw(offsets); }), static_cast<std::int64_t>(offsets.size()) - 1);
  };
  CHECK(broken(with_offsets({0, 4, 2}), "offsets"));
  CHECK(broken(with_offsets({-1, 4}), "offsets"));
  CHECK(broken(with_offsets({5, 4}), "offsets"));
  CHECK(broken(with_offsets({0, 6, 2}), "offsets"));
  const auto past_the_end = changed(with_offsets({0, 1000, 6}), [](HandColumn& c) {
    c.array.buffers[0] = bits("10");  // the offsets fall at a row that nobody reads
    c.array.null_count = 1;
  });
  CHECK(broken(past_the_end, "offsets"));
  const auto wide = changed(large_texts({"abcdef"}), [](HandColumn& c) { c.array.buffers[1] = raw<std::int64_t>({-4, 2}); });
  CHECK(broken(wide, "offsets"));
}

TEST_CASE("views outside their buffers are refused") {
  const auto with_view = [](std::int32_t size, std::int32_t part, std::int32_t begin) {
    return changed(text_views({"a text of more than twelve"}), [&](HandColumn& c) { c.array.buffers[1] = raw<std::int32_t>({size, 0, part, begin}); });
  };
  CHECK(read(with_view(26, 0, 0), TypeKind::text).size() == 1);
  CHECK(broken(with_view(-1, 0, 0), "negative length"));
  CHECK(broken(with_view(26, 2, 0), "outside its buffers"));
  CHECK(broken(with_view(26, -1, 0), "outside its buffers"));
  CHECK(broken(with_view(26, 0, -1), "outside its buffers"));
  CHECK(broken(with_view(26, 0, 1), "outside its buffers"));
  CHECK(broken(with_view(std::numeric_limits<std::int32_t>::max(), 0, std::numeric_limits<std::int32_t>::max()), "outside its buffers"));
}

TEST_CASE("indexes outside the dictionary are refused") {
  const HandColumn values = texts({"zero", "one"});
  CHECK(broken(dictionary(fixed<std::int32_t>("i", {2}), values), "outside the dictionary"));
  CHECK(broken(dictionary(fixed<std::int8_t>("c", {-1}), values), "outside the dictionary"));
  CHECK(broken(dictionary(fixed<std::uint64_t>("L", {0xffffffffffffffffULL}), values), "outside the dictionary"));
  CHECK(broken(changed(dictionary(fixed<std::int32_t>("i", {0}), values), [](HandColumn& c) { c.array.dictionary = nullptr; }), "dictionary is missing"));
}

TEST_CASE("a value of more than 2 GiB is refused without being touched") {
  const auto column = changed(large_texts({"x"}), [](HandColumn& c) { c.array.buffers[1] = raw<std::int64_t>({0, std::int64_t{3} << 30}); });
  CHECK(refused(column).find("more than 2 GiB") != std::string::npos);
}
