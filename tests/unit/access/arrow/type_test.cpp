// Which types are read, which are refused, and in which words.

#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "unit/access/arrow/hand_made.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

arrow::ArrowType type_of(const char* format, const char* dictionary_of = nullptr) {
  ArrowSchema values{};
  values.format = dictionary_of;
  ArrowSchema schema{};
  schema.format = format;
  if (dictionary_of) schema.dictionary = &values;
  return arrow::read_type(schema, "tags");
}

bool says(const ErrorInfo& info, std::string_view text) {
  UNSCOPED_INFO(info.message);
  return info.message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the types that are read have names for people") {
  struct Case { const char* format; const char* name; };
  for (const auto& [format, name] : {Case{"n", "null"}, {"b", "bool"}, {"c", "int8"}, {"C", "uint8"}, {"s", "int16"}, {"S", "uint16"}, {"i", "int32"}, {"I", "uint32"},
                                     {"l", "int64"}, {"L", "uint64"}, {"e", "float16"}, {"f", "float32"}, {"g", "float64"}, {"u", "utf8"}, {"U", "large_utf8"},
                                     {"vu", "utf8_view"}, {"z", "binary"}, {"Z", "large_binary"}, {"vz", "binary_view"}, {"w:3", "fixed_size_binary[3]"},
                                     {"d:15,2", "decimal128(15, 2)"}, {"d:9,2,32", "decimal32(9, 2)"}, {"d:18,-3,64", "decimal64(18, -3)"}, {"tdD", "date32"},
                                     {"tdm", "date64"}, {"tts", "time32[s]"}, {"ttm", "time32[ms]"}, {"ttu", "time64[us]"}, {"ttn", "time64[ns]"},
                                     {"tss:", "timestamp[s]"}, {"tsm:", "timestamp[ms]"}, {"tsu:", "timestamp[us]"}, {"tsn:Europe/Berlin", "timestamp[ns, tz=Europe/Berlin]"}}) {
    INFO(format);
    CHECK(type_of(format).name == name);
  }
  CHECK(type_of("C", "u").name == "dictionary of utf8");
}

TEST_CASE("types that are not read are refused by column, type and what to do instead") {
  struct Case { const char* format; const char* name; const char* advice; };
  const auto c = GENERATE(values<Case>({{"+l", "list", "text (JSON)"}, {"+L", "large_list", "text (JSON)"}, {"+vl", "list_view", "text (JSON)"},
                                        {"+vL", "large_list_view", "text (JSON)"}, {"+w:3", "fixed_size_list", "text (JSON)"}, {"+s", "struct", "columns of their own"},
                                        {"+m", "map", "text (JSON)"}, {"+ud:0,1", "dense_union", "text (JSON)"}, {"+us:0,1", "sparse_union", "text (JSON)"},
                                        {"+r", "run_end_encoded", "run_end_decode"}, {"tDs", "duration", "int64"}, {"tDn", "duration", "int64"},
                                        {"tiM", "interval[months]", "text"}, {"tiD", "interval[days, ms]", "text"}, {"tin", "interval[months, days, ns]", "text"},
                                        {"d:50,2,256", "decimal256(50, 2)", "decimal128"}}));
  const ErrorInfo info = error_of([&] { type_of(c.format); });
  CHECK(info.code == ErrorCode::data);
  CHECK(info.column == "tags");
  CHECK(says(info, "column \"tags\" of the Arrow stream is of type " + std::string(c.name) + ","));
  CHECK(says(info, c.advice));
  CHECK(says(info, "leave the column out"));
}

TEST_CASE("a dictionary of a refused type is refused as its values are") {
  CHECK(says(error_of([] { type_of("i", "+l"); }), "type list"));
  CHECK(says(error_of([] { type_of("i", "tDs"); }), "type duration"));
}

TEST_CASE("a dictionary is indexed by integers alone") {
  for (const char* format : {"c", "C", "s", "S", "i", "I", "l", "L"}) CHECK(type_of(format, "u").index.has_value());
  for (const char* format : {"f", "u", "tdD", "d:9,0,32", "b"}) CHECK(says(error_of([&] { type_of(format, "u"); }), "no integer type"));
}

TEST_CASE("a format that nobody knows is quoted") {
  for (const char* format : {"", "x", "ii", "d:", "d:x,2", "d:1,2,128,4", "w:", "w:-1", "w:x", "ts", "tsq:", "td"}) {
    INFO(format);
    CHECK(says(error_of([&] { type_of(format); }), "\"" + std::string(format) + "\""));
  }
}

TEST_CASE("a schema without a format is refused") { CHECK(error_of([] { type_of(nullptr); }).code == ErrorCode::data); }

TEST_CASE("zones that are UTC by another name are UTC") {
  for (const char* zone : {"UTC", "Etc/UTC", "Z", "GMT", "+00:00"}) CHECK(type_of(("tsu:" + std::string(zone)).c_str()).is_utc);
  for (const char* zone : {"Europe/London", "+01:00", "utc+1"}) CHECK_FALSE(type_of(("tsu:" + std::string(zone)).c_str()).is_utc);
}

TEST_CASE("types that can not become the column's are refused before anything is read") {
  struct Case { HandColumn column; SqlType to; };
  for (const Case& c : {Case{fixed<std::int32_t>("i", {1}), SqlType::of(TypeKind::date)}, {fixed<std::int32_t>("i", {1}), SqlType::of(TypeKind::binary)},
                        {fixed<std::int32_t>("i", {1}), SqlType::of(TypeKind::uuid)}, {fixed<std::int32_t>("i", {1}), SqlType::of(TypeKind::timestamp)},
                        {fixed<double>("g", {1}), SqlType::of(TypeKind::boolean)}, {fixed<int128>("d:5,2", {1}), SqlType::of(TypeKind::boolean)},
                        {texts({"x"}, "z"), SqlType::of(TypeKind::text)}, {texts({"x"}, "z"), SqlType::of(TypeKind::integer)},
                        {fixed<std::int32_t>("tdD", {1}), SqlType::of(TypeKind::integer)}, {fixed<std::int32_t>("tdD", {1}), SqlType::of(TypeKind::time)},
                        {fixed<std::int64_t>("ttu", {1}), SqlType::of(TypeKind::timestamp)}, {fixed<std::int64_t>("tsu:", {1}), SqlType::of(TypeKind::time)},
                        {fixed<std::int64_t>("tsu:UTC", {1}), SqlType::of(TypeKind::bigint)}}) {
    const ErrorInfo info = read_error(c.column, c.to);
    CHECK(says(info, "does not go into column \"target\", " + to_string(c.to)));
    CHECK(info.column == "c");
    CHECK(info.row == -1);
  }
}
