// Writes a file of account transactions to standard output: the input of the demo and of the examples.
//
//   generate_transactions ROWS [CHANGE_EVERY NEW_ROWS] > transactions.csv
//
// The same arguments always give the same bytes. Row i has a key (acct_id, prod_cd) of its own, and its amount and date depend on
// i alone. With CHANGE_EVERY, the amount of every such row is one cent higher; NEW_ROWS further rows follow the first ROWS.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

namespace {

constexpr std::int64_t kProductsPerAccount = 4;

/// SplitMix64: a good hash of a counter, https://prng.di.unimi.it/splitmix64.c
std::uint64_t hash(std::uint64_t i) {
  std::uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void append_row(std::string& out, std::int64_t i, bool changed) {
  const std::uint64_t random = hash(static_cast<std::uint64_t>(i));
  const auto account = i / kProductsPerAccount;
  const auto product = 1 + i % kProductsPerAccount;
  // -5,000.00 to 99,999.99
  const auto cents = static_cast<std::int64_t>(random % 10'500'000) - 500'000 + (changed ? 1 : 0);
  const auto day = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + std::chrono::days(static_cast<int>((random >> 40) % 366));
  const std::chrono::year_month_day date{day};
  char line[128];
  const int size = std::snprintf(line, sizeof line, "AC%010lld,P%03d,%s%lld.%02d,%04d-%02u-%02u\n", static_cast<long long>(account),
                                 static_cast<int>(product), cents < 0 ? "-" : "", static_cast<long long>(cents < 0 ? -cents : cents) / 100,
                                 static_cast<int>((cents < 0 ? -cents : cents) % 100), static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  out.append(line, static_cast<std::size_t>(size));
}

bool flush(std::string& out) {
  const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size();
  out.clear();
  return written;
}

bool parse(const char* text, std::int64_t& value) {
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, value);
  return result.ec == std::errc() && result.ptr == end && value >= 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t rows = 0, change_every = 0, new_rows = 0;
  const bool valid = (argc == 2 || argc == 4) && parse(argv[1], rows) && (argc == 2 || (parse(argv[2], change_every) && parse(argv[3], new_rows)));
  if (!valid) {
    std::cerr << "usage: generate_transactions ROWS [CHANGE_EVERY NEW_ROWS] > FILE\n";
    return 64;
  }
  constexpr std::size_t kFlushAt = 1 << 20;
  std::string out = "acct_id,prod_cd,tran_amt,tran_dt\n";
  bool good = true;
  for (std::int64_t i = 0; good && i < rows + new_rows; ++i) {
    append_row(out, i, change_every > 0 && i < rows && i % change_every == 0);
    if (out.size() >= kFlushAt) good = flush(out);
  }
  good = good && flush(out) && std::fflush(stdout) == 0;
  if (!good) std::perror("generate_transactions: cannot write");
  return good ? 0 : 1;
}
