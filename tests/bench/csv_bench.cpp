// GB/s of cutting into units, and ns per row of decoding to columns, on generated rows such as `AC0000000001,P001,123.45,2020-01-02`.
//
//     csv_bench [million rows] [quoted]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "millrace/load/csv.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string make_rows(int rows, bool quoted) {
  std::string text = "acct_id,product,amount,trade_date\n";
  const char* const format = quoted ? "\"AC%010d\",\"P%03d\",\"%d.%02d\",\"%d-%02d-%02d\"\n" : "AC%010d,P%03d,%d.%02d,%d-%02d-%02d\n";
  char line[100];
  for (int i = 0; i < rows; ++i) {
    const int size = std::snprintf(line, sizeof line, format, i, i % 1000, i % 10007, i % 100, 2000 + i % 25, 1 + i % 12, 1 + i % 28);
    text.append(line, static_cast<std::size_t>(size));
  }
  return text;
}

millrace::DecodePlan make_plan() {
  using millrace::SqlType, millrace::TypeKind;
  millrace::DecodePlan plan;
  plan.source_columns = 4;
  plan.targets = {{"acct_id", SqlType::varchar(20), 0, true, true},
                  {"product", SqlType::varchar(10), 1, false, false},
                  {"amount", SqlType::decimal(15, 2), 2, false, false},
                  {"trade_date", SqlType::of(TypeKind::date), 3, false, false}};
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const int rows = (argc > 1 ? std::atoi(argv[1]) : 2) * 1'000'000;
  const bool quoted = argc > 2 && std::strcmp(argv[2], "quoted") == 0;
  const std::string text = make_rows(rows, quoted);
  const std::unique_ptr<millrace::Source> source = millrace::make_csv_source(millrace::memory_stream(text), "bench", {});
  source->open();

  for (int round = 0; round < 5; ++round) {
    source->rewind();
    std::int64_t units = 0;
    auto start = Clock::now();
    while (source->next_unit()) ++units;
    const double split = seconds_since(start);

    source->rewind();
    const std::unique_ptr<millrace::UnitDecoder> decoder = source->make_decoder(make_plan());
    millrace::RecordBatch batch;
    std::vector<millrace::Reject> rejects;
    std::int64_t decoded = 0;
    start = Clock::now();
    while (const std::optional<millrace::Unit> unit = source->next_unit()) {
      decoder->start(*unit);
      while (decoder->next(batch, rejects)) decoded += static_cast<std::int64_t>(batch.rows());
    }
    const double both = seconds_since(start);
    std::printf("split %.2f GB/s (%.1f ns/row, %lld units); split and decode %.1f ns/row; %lld rows, %zu rejects\n",
                static_cast<double>(text.size()) / split / 1e9, split * 1e9 / rows, static_cast<long long>(units), both * 1e9 / rows,
                static_cast<long long>(decoded), rejects.size());
  }
}
