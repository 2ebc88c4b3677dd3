// Cost of one step-time question: O(1) for models that work from the sums, O(batch) for roofline.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "latency/latency_model.h"

namespace blis::latency {
namespace {

model::Architecture mixture_of_experts() {
  model::Architecture architecture;
  architecture.num_layers = 32;
  architecture.hidden_dim = 4096;
  architecture.num_heads = 32;
  architecture.num_kv_heads = 8;
  architecture.intermediate_dim = 14336;
  architecture.num_experts = 8;
  architecture.experts_per_token = 2;
  architecture.activation_bytes = 2;
  return architecture;
}

constexpr model::Gpu kGpu = {.tflops_peak = 989.5,
                             .tflops_fp8 = 1979,
                             .bandwidth_tb_per_s = 3.35,
                             .mfu_prefill = 0.45,
                             .mfu_decode = 0.3,
                             .memory_gib = 80};

/// One prefill chunk beside `state.range(0)` decodes, for the model of the registry's entry
/// `state.range(1)`.
void step_time(benchmark::State& state) {
  const LatencyModelEntry& entry =
      latency_model_entries()[static_cast<std::size_t>(state.range(1))];
  const auto model =
      make_latency_model({.backend = std::string(entry.name),
                          .alpha = {15563.2, 777.3, 45.9},
                          .beta = {0.15, 0, 1.36, 0.75, 32, 4.4, 126, 481, 0, 1.9, 0.75},
                          .tensor_parallel = 2,
                          .data_parallel = 1,
                          .moe_comm_backend = ""},
                         mixture_of_experts(), kGpu);
  const std::vector<std::int64_t> contexts(static_cast<std::size_t>(state.range(0)), 1024);
  const std::vector<PrefillChunk> prefills = {
      {.progress_tokens = 0, .new_tokens = 512, .prompt_tokens = 2048}};
  StepBatch batch;
  batch.add_prefill(prefills[0]);
  batch.requests += state.range(0);
  batch.decode_requests = state.range(0);
  batch.decode_context_tokens = 1024 * state.range(0);
  batch.prefills = prefills;
  if (model->needs_decode_contexts()) batch.decode_contexts = contexts;
  for (auto _ : state) benchmark::DoNotOptimize(model->step_time(batch));
  state.SetLabel(std::string(entry.name));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(step_time)->ArgNames({"decodes", "model"})->ArgsProduct({{8, 64, 512}, {0, 1}});

}  // namespace
}  // namespace blis::latency
