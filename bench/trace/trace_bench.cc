// What a row of a trace costs to write and to read.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace blis::trace {
namespace {

constexpr std::int64_t kRows = 1 << 14;

TraceRecord row(std::int64_t i) {
  TraceRecord r;
  r.request_id = i;
  r.client_id = "chat";
  r.tenant_id = "tenant-7";
  r.slo_class = "standard";
  r.input_tokens = 128 + i % 1000;
  r.output_tokens = 200;
  r.arrival_time_us = r.send_time_us = i * 1234;
  r.first_chunk_time_us = r.send_time_us + 15000;
  r.last_chunk_time_us = r.send_time_us + 2'000'000;
  r.deadline_us = r.arrival_time_us + 300'000'000;
  r.status = "ok";
  return r;
}

std::string text_of_rows() {
  TraceWriter writer({});
  for (std::int64_t i = 0; i < kRows; ++i) writer.write(row(i));
  return writer.text();
}

void BM_Write(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(text_of_rows());
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(BM_Write);

void BM_Read(benchmark::State& state) {
  const std::string text = text_of_rows();
  for (auto _ : state) {
    TraceReader reader(text, "bench.csv");
    TraceRecord record;
    while (reader.next(record)) benchmark::DoNotOptimize(record);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(BM_Read);

}  // namespace
}  // namespace blis::trace
