// What a decode step costs as a function of the batch size, with both steppers: flat for the fast
// one where the blocks of the batch are private, as those of generated requests are; else it grows
// with the KV blocks that a batch fills and opens (every request one per block-size steps).

#include <benchmark/benchmark.h>

#include <memory>
#include <numeric>
#include <vector>

#include "engine/instance.h"
#include "kv/single_tier_cache.h"

namespace blis::engine {
namespace {

class ConstantLatency final : public latency::LatencyModel {
 public:
  Micros step_time(const latency::StepBatch& batch) const override {
    return Micros(7000 + batch.decode_context_tokens % 100);
  }
  Micros queueing_time(std::int64_t) const override { return Micros(); }
  Micros output_token_processing_time() const override { return Micros(45); }
  Micros post_decode_overhead() const override { return Micros(777); }
};

class NoListener final : public InstanceListener {
 public:
  void on_terminal(RequestId, request::TerminalOutcome, Micros) override {}
};

/// A batch of `range` requests that decode for ever, one step per iteration.
void BM_DecodeStep(benchmark::State& state, StepperKind stepper, bool private_blocks) {
  const std::int64_t batch = state.range(0);
  constexpr std::int64_t kOutput = 4000;
  InstanceConfig config;
  config.stepper = stepper;
  config.max_num_seqs = batch;
  config.max_num_batched_tokens = 64 * batch + 64;
  config.total_kv_blocks = batch * (kOutput + 64) / 16 + 64;
  const ConstantLatency latency;
  const SloPriorities priorities;
  const SymbolTable symbols;
  NoListener listener;
  const auto private_keys =
      request::make_private_keys(request::BlockKeyChain(config.block_size_tokens));

  std::unique_ptr<request::RequestTable> requests;
  std::unique_ptr<Instance> instance;
  std::int64_t steps_left = 0;
  for (auto _ : state) {
    if (steps_left == 0) {
      state.PauseTiming();
      instance.reset();
      requests = std::make_unique<request::RequestTable>();
      instance = std::make_unique<Instance>(
          InstanceId(std::uint32_t{0}), config, latency,
          std::make_unique<kv::SingleTierCache>(config.total_kv_blocks, config.block_size_tokens),
          priorities, *requests, symbols, listener);
      for (std::int64_t i = 0; i < batch; ++i) {
        request::RequestSpec spec;
        spec.name.number = i;
        spec.input_tokens = 16 + i % 16;  // block boundaries spread over the steps
        spec.output_tokens = kOutput;
        std::vector<std::int32_t> tokens(static_cast<std::size_t>(spec.input_tokens + kOutput));
        std::iota(tokens.begin(), tokens.end(), static_cast<std::int32_t>(i) * 8192);
        const std::span<const std::int32_t> all(tokens);
        request::BlockKeyChain chain(config.block_size_tokens);
        chain.append(all.first(static_cast<std::size_t>(spec.input_tokens)));
        spec.keys = private_blocks ? private_keys
                                   : request::make_token_keys(
                                         std::move(chain),
                                         all.subspan(static_cast<std::size_t>(spec.input_tokens)));
        instance->inject(requests->add(std::move(spec)), Micros());
      }
      while (instance->batch_size() < batch) instance->process_next_event();
      steps_left = kOutput - 10;
      state.ResumeTiming();
    }
    instance->process_next_event();
    --steps_left;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(BM_DecodeStep, fast_private, StepperKind::kFast, true)
    ->RangeMultiplier(4)
    ->Range(1, 1024);
BENCHMARK_CAPTURE(BM_DecodeStep, fast, StepperKind::kFast, false)
    ->RangeMultiplier(4)
    ->Range(1, 1024);
BENCHMARK_CAPTURE(BM_DecodeStep, plain_private, StepperKind::kPlain, true)
    ->RangeMultiplier(4)
    ->Range(1, 1024);
BENCHMARK_CAPTURE(BM_DecodeStep, plain, StepperKind::kPlain, false)
    ->RangeMultiplier(4)
    ->Range(1, 1024);

}  // namespace
}  // namespace blis::engine
