// The fast stepper gives what the plain one gives, bit for bit, on random engines under random
// loads.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "testing/engine_bench.h"

namespace blis::engine {
namespace {

using testing::EngineBench;

/// Step times that react to every sum of the batch, so that a wrong sum shows.
class SensitiveLatency final : public latency::LatencyModel {
 public:
  explicit SensitiveLatency(bool wants_contexts) : wants_contexts_(wants_contexts) {}

  Micros step_time(const latency::StepBatch& b) const override {
    std::int64_t us = 100 + b.requests * 3 + b.prefill_tokens * 5 + b.prefill_attention % 97 +
                      b.decode_requests * 7 + b.decode_context_tokens % 1013;
    for (const latency::PrefillChunk& chunk : b.prefills)
      us = (us * 31 + chunk.progress_tokens) % 5003;
    if (wants_contexts_) {
      for (const std::int64_t context : b.decode_contexts) us = (us * 17 + context) % 4999;
    }
    return Micros(1 + us);
  }
  bool needs_decode_contexts() const override { return wants_contexts_; }
  Micros queueing_time(std::int64_t prompt) const override { return Micros(50 + prompt % 7); }
  Micros output_token_processing_time() const override { return Micros(11); }
  Micros post_decode_overhead() const override { return Micros(13); }

 private:
  bool wants_contexts_;
};

struct Outcome {
  std::string text;
};

/// One random engine and load; everything that could be observed, as text.
std::string run(std::uint64_t seed, StepperKind stepper) {
  std::mt19937_64 random(seed);
  const auto draw = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  const auto one_in = [&](std::int64_t n) { return draw(1, n) == 1; };

  SensitiveLatency latency(one_in(2));
  SymbolTable symbols;
  request::RequestTable requests;
  struct Listener : InstanceListener {
    std::string ends;
    void on_terminal(RequestId request, request::TerminalOutcome outcome, Micros at) override {
      ends += std::to_string(request.value()) + ":" + std::to_string(static_cast<int>(outcome)) +
              "@" + std::to_string(at.count()) + " ";
    }
  } listener;
  const SloPriorities priorities;

  InstanceConfig config;
  config.stepper = stepper;
  config.block_size_tokens = one_in(6) ? 1 : draw(2, 16);
  config.max_num_seqs = one_in(3) ? draw(1, 4) : draw(4, 40);
  config.max_num_batched_tokens = one_in(3) ? draw(1, 30) : draw(30, 400);
  config.long_prefill_token_threshold = one_in(2) ? 0 : draw(1, 40);
  config.total_kv_blocks = one_in(2) ? draw(4, 40) : draw(40, 2000);
  // Without a context limit a request that outgrows the cache would be preempted for ever.
  config.max_model_len_tokens = std::min<std::int64_t>(
      config.total_kv_blocks * config.block_size_tokens, one_in(3) ? draw(20, 100) : 400);
  config.scheduler = std::string(scheduler_entries()[static_cast<std::size_t>(draw(0, 3))].name);
  config.preemption_policy = one_in(2) ? "fcfs" : "priority";
  if (one_in(4)) config.horizon = Micros(draw(1, 400'000));

  Instance instance(
      InstanceId(std::uint32_t{0}), config, latency,
      std::make_unique<kv::SingleTierCache>(config.total_kv_blocks, config.block_size_tokens),
      priorities, requests, symbols, listener);
  const std::int64_t count = draw(1, 60);
  const char* classes[] = {"", "critical", "batch", "background"};
  Micros arrival;
  for (std::int64_t k = 0; k < count; ++k) {
    if (!one_in(3)) arrival += Micros(draw(0, 6000));
    const std::int64_t prefix = one_in(3) ? 0 : draw(1, 30);
    const std::int32_t group = static_cast<std::int32_t>(draw(1, 3)) * 100'000;
    const std::int64_t input = prefix + draw(prefix > 0 && one_in(3) ? 0 : 1, 60);
    const std::int64_t output = one_in(10) ? draw(0, 1) : draw(1, 60);
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < prefix; ++i)
      tokens.push_back(group + static_cast<std::int32_t>(i));
    while (static_cast<std::int64_t>(tokens.size()) < input + output) {
      tokens.push_back(static_cast<std::int32_t>(draw(0, 1)));  // few values: contents repeat
    }
    request::BlockKeyChain chain(config.block_size_tokens);
    const std::span<const std::int32_t> all(tokens);
    chain.append(all.first(static_cast<std::size_t>(input)));
    request::RequestSpec spec;
    spec.name.number = k;
    spec.arrival = arrival;
    if (one_in(4)) spec.deadline = arrival + Micros(draw(1, 60'000));
    spec.input_tokens = input;
    spec.output_tokens = output;
    if (one_in(2)) spec.max_output_tokens = output;
    spec.slo_class = symbols.intern(classes[draw(0, 3)]);
    spec.keys =
        request::make_token_keys(std::move(chain), all.subspan(static_cast<std::size_t>(input)));
    instance.inject(requests.add(std::move(spec)), arrival);
  }

  std::string seen;
  std::int64_t events = 0;
  while (instance.next_event_time() < Micros::max() &&
         instance.next_event_time() <= config.horizon) {
    instance.process_next_event();
    EXPECT_LT(++events, 200'000) << "seed " << seed;
    if (events >= 200'000) break;
    seen += std::to_string(instance.clock().count()) + "," +
            std::to_string(instance.queue_depth()) + "," + std::to_string(instance.batch_size()) +
            "," + std::to_string(instance.kv().used_blocks()) + ";";
    if (one_in(200)) {
      const RequestId victim(static_cast<std::uint32_t>(draw(0, count - 1)));
      const request::RequestState state = requests[victim].state;
      if (state == request::RequestState::kRunning || state == request::RequestState::kQueued) {
        seen += instance.evict(victim, instance.clock()) ? "evicted " : "absent ";
      }
    }
  }
  instance.finalize();
  const InstanceMetrics& m = instance.metrics();
  seen +=
      fmt::format("\n{} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", m.completed_requests,
                  m.total_input_tokens, m.total_output_tokens, m.preemption_count,
                  m.kv_allocation_failures, m.dropped_unservable, m.length_capped_requests,
                  m.timed_out_requests, m.steps, m.peak_kv_blocks, m.kv_block_time_integral,
                  m.wait_queue_sample_sum, m.sim_ended.count(), m.cache_hit_rate, m.itl.count());
  for (const auto& [value, n] : m.itl.sorted()) seen += fmt::format("{}x{} ", value, n);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const request::Request& r = requests[RequestId(i)];
    const request::Measurements& x = r.measured;
    seen += fmt::format("\n{} {} {} {} {} {} {} {} {} {} {} {} {} {}", i, static_cast<int>(r.state),
                        r.ttft_set, x.ttft.count(), x.e2e.count(), x.scheduling_delay.count(),
                        x.completion_time.count(), x.itl_mean_us, x.itl_sum.count(), x.itl_count,
                        x.has_ttft, x.has_e2e, x.length_capped, r.progress);
  }
  return seen + "\n" + listener.ends;
}

TEST(FastStepper, GivesWhatThePlainOneGives) {
  // BLIS_STEPPER_SEED and BLIS_STEPPER_RUNS widen the search; the defaults are what CI runs.
  const char* seed_text = std::getenv("BLIS_STEPPER_SEED");
  const char* runs_text = std::getenv("BLIS_STEPPER_RUNS");
  const std::uint64_t first = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : 1;
  const std::uint64_t runs = runs_text != nullptr ? std::strtoull(runs_text, nullptr, 10) : 400;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    ASSERT_EQ(run(seed, StepperKind::kFast), run(seed, StepperKind::kPlain)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace blis::engine
