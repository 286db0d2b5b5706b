// What decoding costs: nanoseconds per field and type, on one core, best of several rounds.
//
//     cmake --build build --target decode_bench && build/bin/decode_bench

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "millrace/data/decode.hpp"

namespace {

using namespace millrace;
using Random = std::mt19937_64;

constexpr std::size_t kFields = 5000;  // one batch
constexpr int kRounds = 200;

std::string format(const char* pattern, auto... values) {
  char text[128];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, pattern, values...))};
}

unsigned below(Random& random, unsigned limit) { return static_cast<unsigned>(random() % limit); }

std::string any_integer(Random& random) { return format("%s%u", below(random, 8) ? "" : "-", below(random, 1u << (4 + below(random, 27)))); }
std::string any_date(Random& random) { return format("%04u-%02u-%02u", 1950 + below(random, 100), 1 + below(random, 12), 1 + below(random, 28)); }
std::string any_clock(Random& random) { return format("%02u:%02u:%02u", below(random, 24), below(random, 60), below(random, 60)); }
std::string any_word(Random& random, unsigned longest) {
  std::string word(1 + below(random, longest), ' ');
  for (char& c : word) c = static_cast<char>('a' + below(random, 26));
  return word;
}

struct Case {
  const char* name;
  SqlType type;
  bool clean;
  std::function<std::string(Random&)> make;
};

/// The fields of one batch as they lie in a CSV unit: in one buffer, some bytes apart.
struct Input {
  std::string bytes;
  std::vector<Field> fields;

  explicit Input(const Case& c) {
    Random random(42);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < kFields; ++i) texts.push_back(c.make(random));
    for (const std::string& text : texts) bytes += text + ",some other field\n";
    std::size_t at = 0;
    for (const std::string& text : texts) {
      fields.push_back({bytes.data() + at, static_cast<std::uint32_t>(text.size())});
      at += text.size() + sizeof ",some other field\n" - 1;
    }
  }
};

void run(const Case& c) {
  const Input input(c);
  Column column(c.type);
  std::vector<FieldError> errors;
  double best = 1e30;
  for (int round = 0; round < kRounds; ++round) {
    column.clear();
    errors.clear();
    const auto start = std::chrono::steady_clock::now();
    decode_column(input.fields, {}, c.clean, column, errors);
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / kFields);
  }
  std::printf("%-34s %6.1f ns/field  %zu rejects  e.g. %.*s\n", c.name, best, errors.size(), static_cast<int>(input.fields[0].size), input.fields[0].data);
}

}  // namespace

int main() {
  const Case cases[] = {
      {"integer, 1-10 digits", SqlType::of(TypeKind::integer), true, any_integer},
      {"bigint, 10-16 digits", SqlType::of(TypeKind::bigint), true, [](Random& r) { return format("%llu", 1000000000ull + r() % (1ull << (31 + r() % 20))); }},
      {"decimal(15,2)", SqlType::decimal(15, 2), true, [](Random& r) { return format("%s%u.%02u", r() % 4 ? "" : "-", below(r, 1u << (4 + below(r, 20))), below(r, 100)); }},
      {"decimal(15,2), to be rounded", SqlType::decimal(15, 2), true, [](Random& r) { return format("%u.%04u", below(r, 1000000), below(r, 10000)); }},
      {"decimal(38,10), 30 digits", SqlType::decimal(38, 10), true, [](Random& r) { return format("%llu%llu.%010llu", 1000000000ull + r() % 1000000000ull, 1000000000ull + r() % 1000000000ull, 1ull + r() % 1000000000ull); }},
      {"decimal without precision", SqlType::of(TypeKind::decimal), true, [](Random& r) { return format("%u.%04u", below(r, 1000000), below(r, 10000)); }},
      {"date", SqlType::of(TypeKind::date), true, any_date},
      {"time", SqlType::of(TypeKind::time), true, any_clock},
      {"timestamp, seconds", SqlType::of(TypeKind::timestamp), true, [](Random& r) { return any_date(r) + ' ' + any_clock(r); }},
      {"timestamp, microseconds", SqlType::of(TypeKind::timestamp), true, [](Random& r) { return any_date(r) + ' ' + any_clock(r) + format(".%06u", below(r, 1000000)); }},
      {"timestamp with time zone, Z", SqlType::of(TypeKind::timestamp_tz), true, [](Random& r) { return any_date(r) + 'T' + any_clock(r) + 'Z'; }},
      {"timestamp with time zone, +02:00", SqlType::of(TypeKind::timestamp_tz), true, [](Random& r) { return any_date(r) + ' ' + any_clock(r) + format(".%03u+02:00", below(r, 1000)); }},
      {"double, 6 decimals", SqlType::of(TypeKind::double_precision), true, [](Random& r) { return format("%.6f", static_cast<double>(r() % 1000000000) / 1e4); }},
      {"double, 17 digits", SqlType::of(TypeKind::double_precision), true, [](Random& r) { return format("%.17g", static_cast<double>(r()) / 1.8446744073709552e19); }},
      {"boolean, t/f", SqlType::of(TypeKind::boolean), true, [](Random& r) { return std::string(r() % 2 ? "t" : "f"); }},
      {"boolean, true/false", SqlType::of(TypeKind::boolean), true, [](Random& r) { return std::string(r() % 2 ? "true" : "false"); }},
      {"uuid", SqlType::of(TypeKind::uuid), true, [](Random& r) { return format("%08x-%04x-%04x-%04x-%012llx", below(r, ~0u), below(r, 65536), below(r, 65536), below(r, 65536), static_cast<unsigned long long>(r() >> 16)); }},
      {"text, 1-16 bytes, clean", SqlType::of(TypeKind::text), true, [](Random& r) { return any_word(r, 16); }},
      {"text, 1-16 bytes, to be checked", SqlType::of(TypeKind::text), false, [](Random& r) { return any_word(r, 16); }},
      {"varchar(20), 1-16 bytes, clean", SqlType::varchar(20), true, [](Random& r) { return any_word(r, 16); }},
      {"text, 1-200 bytes, clean", SqlType::of(TypeKind::text), true, [](Random& r) { return any_word(r, 200); }},
      {"text, 1-200 bytes, to be checked", SqlType::of(TypeKind::text), false, [](Random& r) { return any_word(r, 200); }},
      {"json", SqlType::of(TypeKind::json), true, [](Random& r) { return format("{\"id\": %u, \"name\": \"%s\"}", below(r, 1000), any_word(r, 10).c_str()); }},
      {"binary, hex, 16 bytes", SqlType::of(TypeKind::binary), true, [](Random& r) { return format("\\x%016llx%016llx", static_cast<unsigned long long>(r()), static_cast<unsigned long long>(r())); }},
  };
  for (const Case& c : cases) run(c);
}
