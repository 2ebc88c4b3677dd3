// What a number, a string and a row of text cost: metrics files and traces have millions of them.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/csv.h"
#include "base/json_writer.h"
#include "base/number_text.h"

namespace blis {
namespace {

void BM_FormatJsonNumber(benchmark::State& state) {
  double v = 0.1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(format_json_number(v));
    v += 1.7;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_FormatJsonNumber);

void BM_JsonRow(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    JsonWriter out;
    out.begin_object();
    out.member("requestID", "request_123456");
    out.member("arrived_at", 12.345678);
    out.member("num_prefill_tokens", std::int64_t{512});
    out.member("ttft_ms", 31.415926);
    out.member("e2e_ms", 2718.281828);
    out.end_object();
    benchmark::DoNotOptimize(out.text().data());
    bytes += out.text().size();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_JsonRow);

void BM_CsvRead(benchmark::State& state) {
  CsvWriter writer;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    writer.field(i);
    writer.field("tenant-a");
    for (int k = 0; k < 20; ++k) writer.field(i * 1000 + k);
    writer.field(i % 2 == 0 ? "ok" : "");
    writer.end_row();
  }
  std::vector<std::string_view> fields;
  for (auto _ : state) {
    CsvReader reader(writer.text(), "bench");
    while (reader.next(fields)) benchmark::DoNotOptimize(fields.data());
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(writer.text().size()));
}
BENCHMARK(BM_CsvRead);

}  // namespace
}  // namespace blis
