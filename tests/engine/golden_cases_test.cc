// Five whole runs of one engine, G1 to G5 of spec engine 18 (the unfused column): every aggregate
// to the last digit.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "latency/latency_model.h"
#include "random/random_stream.h"
#include "stats/percentile.h"
#include "testing/engine_bench.h"

namespace blis::engine {
namespace {

/// round(max(min, min(max, normal * sd + mean))), no draw if min = max.
struct Length {
  double mean, sd;
  std::int64_t min, max;

  std::int64_t draw(random::RandomStream& stream) const {
    if (min == max) return min;
    const double value = stream.normal() * sd + mean;
    return static_cast<std::int64_t>(
        std::round(std::max(static_cast<double>(min), std::min(static_cast<double>(max), value))));
  }
};

struct Load {
  std::size_t prefix_tokens;
  Length prompt, output;
};
const Load kShortPrompts{284, {70, 35, 2, 200}, {215, 80, 1, 512}};
const Load kLongPrompts{0, {2048, 1974, 2, 3500}, {28, 60, 6, 200}};

struct Expected {
  std::int64_t input_tokens, output_tokens;
  double duration_s, e2e_mean, e2e_p90, e2e_p95, e2e_p99;
  double ttft_mean, ttft_p90, ttft_p95, ttft_p99;
  double itl_mean, itl_p90, itl_p95, itl_p99, delay_p99;
  std::int64_t steps;
};

struct Golden {
  const char* name;
  const Load* load;
  int requests;
  std::int64_t tensor_parallel, kv_blocks;
  std::vector<double> alpha;
  Expected expected;
};

const std::vector<double> kAlphaG1 = {232.46191091038054, 1.752360364195244, 3357.4400353290152};

std::vector<Golden> golden_cases() {
  return {
      {"G1",
       &kShortPrompts,
       300,
       1,
       7463,
       kAlphaG1,
       {106250, 65040, 30.877336, 1491.0742633333334, 2146.2801000000004, 2312.7783,
        2855.3670199999997, 9.41624, 10.8392, 11.021650000000001, 11.25506, 6.865885186901451, 6.9,
        6.916, 6.945, 4.3571, 8814}},
      {"G2",
       &kLongPrompts,
       300,
       1,
       7463,
       kAlphaG1,
       {545758, 12841, 30.325765, 408.64216, 903.6522000000001, 1087.64205, 1354.7382699999991,
        49.407650000000004, 90.65809999999999, 91.32064999999999, 91.85015, 8.593441751056535,
        7.291, 15.323, 47.892, 9.81702, 5188}},
      {"G3",
       &kShortPrompts,
       500,
       4,
       1281766,
       {6748.565706303843, 1.60068623289796, 1952.6809484593186},
       {177729, 107404, 50.208749, 609.7568279999999, 898.3673000000001, 978.6018499999999,
        1179.547, 10.513494000000001, 10.860299999999999, 10.91305, 10.985109999999999,
        2.802717082616179, 2.808, 2.809, 2.813, 8.17206, 58126}},
      {"G4",
       &kLongPrompts,
       300,
       2,
       105497,
       {10024.457261493666, 2.110235670377125, 5822.543580863752},
       {545758, 12841, 30.125102, 366.4080466666667, 837.2347000000001, 905.6870000000001,
        1254.2639699999995, 40.55762, 62.483, 63.065, 63.85729, 7.794843154453393, 7.636, 7.698,
        22.464800000000206, 18.73929, 9831}},
      {"G5",
       &kShortPrompts,
       500,
       1,
       2537,
       {13450.510995636703, 0.041813767451373045, 0},
       {177729, 107404, 51.129613, 769.065764, 1129.2793000000001, 1230.96025, 1483.78857,
        18.684356, 20.0711, 20.27705, 20.42812, 3.509603981141959, 3.544, 3.56, 3.585, 16.914,
        14591}},
  };
}

class GoldenCase : public ::testing::TestWithParam<StepperKind> {};

TEST_P(GoldenCase, GivesEveryAggregate) {
  model::Architecture architecture;
  architecture.num_layers = 32;
  architecture.hidden_dim = 4096;
  architecture.num_heads = 32;
  architecture.num_kv_heads = 8;
  architecture.activation_bytes = 2;
  model::Gpu gpu;
  gpu.tflops_peak = 989;
  gpu.bandwidth_tb_per_s = 3.35;
  gpu.mfu_prefill = 0.55;
  gpu.mfu_decode = 0.30;

  for (const Golden& golden : golden_cases()) {
    SCOPED_TRACE(golden.name);
    latency::LatencyConfig latency_config;
    latency_config.backend = "roofline";
    latency_config.alpha = golden.alpha;
    latency_config.tensor_parallel = golden.tensor_parallel;
    const auto latency = latency::make_latency_model(latency_config, architecture, gpu);

    InstanceConfig config;
    config.stepper = GetParam();
    config.max_model_len_tokens = 4096;
    config.total_kv_blocks = golden.kv_blocks;
    SymbolTable symbols;
    request::RequestTable requests;
    struct : InstanceListener {
      void on_terminal(RequestId, request::TerminalOutcome, Micros) override {}
    } listener;
    const SloPriorities priorities;
    Instance instance(InstanceId(std::uint32_t{0}), config, *latency,
                      std::make_unique<kv::SingleTierCache>(config.total_kv_blocks, 16), priorities,
                      requests, symbols, listener);

    random::RandomStream stream(42);
    std::vector<std::int32_t> prefix(golden.load->prefix_tokens);
    stream.tokens(prefix);
    for (int k = 0; k < golden.requests; ++k) {
      request::BlockKeyChain chain(16);
      chain.append(prefix);
      std::vector<std::int32_t> prompt(static_cast<std::size_t>(golden.load->prompt.draw(stream)));
      stream.tokens(prompt);
      chain.append(prompt);
      std::vector<std::int32_t> output(static_cast<std::size_t>(golden.load->output.draw(stream)));
      stream.tokens(output);
      request::RequestSpec spec;
      spec.name.number = k;
      spec.arrival = Micros(k * std::int64_t{99'999});
      spec.input_tokens = static_cast<std::int64_t>(prefix.size() + prompt.size());
      spec.output_tokens = static_cast<std::int64_t>(output.size());
      spec.keys = request::make_token_keys(std::move(chain), output);
      const Micros arrival = spec.arrival;
      instance.inject(requests.add(std::move(spec)), arrival);
    }
    while (instance.next_event_time() < Micros::max()) instance.process_next_event();
    instance.finalize();

    std::vector<double> ttft;
    std::vector<double> e2e;
    std::vector<double> delay;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const request::Measurements& m = requests[RequestId(i)].measured;
      ttft.push_back(static_cast<double>(m.ttft.count()));
      e2e.push_back(static_cast<double>(m.e2e.count()));
      delay.push_back(static_cast<double>(m.scheduling_delay.count()));
    }
    for (auto* list : {&ttft, &e2e, &delay}) std::ranges::sort(*list);
    const auto itl = instance.metrics().itl.sorted();
    const Expected& want = golden.expected;
    EXPECT_EQ(instance.metrics().total_input_tokens, want.input_tokens);
    EXPECT_EQ(instance.metrics().total_output_tokens, want.output_tokens);
    EXPECT_EQ(static_cast<double>(instance.metrics().sim_ended.count()) / 1e6, want.duration_s);
    EXPECT_EQ(stats::mean_ms(e2e), want.e2e_mean);
    EXPECT_EQ(stats::percentile_ms(e2e, 90), want.e2e_p90);
    EXPECT_EQ(stats::percentile_ms(e2e, 95), want.e2e_p95);
    EXPECT_EQ(stats::percentile_ms(e2e, 99), want.e2e_p99);
    EXPECT_EQ(stats::mean_ms(ttft), want.ttft_mean);
    EXPECT_EQ(stats::percentile_ms(ttft, 90), want.ttft_p90);
    EXPECT_EQ(stats::percentile_ms(ttft, 95), want.ttft_p95);
    EXPECT_EQ(stats::percentile_ms(ttft, 99), want.ttft_p99);
    EXPECT_EQ(stats::mean_ms(itl), want.itl_mean);
    EXPECT_EQ(stats::percentile_ms(itl, 90), want.itl_p90);
    EXPECT_EQ(stats::percentile_ms(itl, 95), want.itl_p95);
    EXPECT_EQ(stats::percentile_ms(itl, 99), want.itl_p99);
    EXPECT_EQ(stats::percentile_ms(delay, 99), want.delay_p99);
    EXPECT_EQ(instance.metrics().steps, want.steps);
    EXPECT_EQ(instance.metrics().preemption_count, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(BothSteppers, GoldenCase,
                         ::testing::Values(StepperKind::kFast, StepperKind::kPlain));

}  // namespace
}  // namespace blis::engine
