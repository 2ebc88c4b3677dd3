#include "control/analyzer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "control/collector.h"

namespace blis::control {
namespace {

ReplicaReport replica(std::int64_t capacity, std::int64_t used, std::int64_t waiting = 0,
                      Variant variant = {.gpu_type = "A100", .tensor_parallel = 1}) {
  return {.instance = InstanceId(0u),
          .model = "m",
          .variant = std::move(variant),
          .waiting_requests = waiting,
          .kv_tokens = capacity,
          .kv_tokens_in_use = used};
}

Assessment assess(const std::vector<ReplicaReport>& replicas, AnalyzerConfig config = {},
                  std::int64_t pending = 0) {
  return find_analyzer("v2-saturation")
      ->make(config)
      ->assess({.model = "m",
                .replicas = replicas,
                .pending_replicas = pending > 0 ? 1 : 0,
                .pending_kv_tokens = pending});
}

struct Case {
  const char* name;
  std::vector<ReplicaReport> replicas;
  AnalyzerConfig config;
  std::int64_t pending;
  double supply, demand, required, spare;
};

TEST(V2Saturation, AgreesWithTheWorkedExamples) {
  const AnalyzerConfig plain;
  AnalyzerConfig whole = plain;
  whole.kv_cache_threshold_ratio = 1;
  whole.scale_down_boundary = 0.3;
  whole.avg_input_tokens = 100;
  AnalyzerConfig half = plain;
  half.kv_cache_threshold_ratio = 0.5;
  const Variant h100{.gpu_type = "H100", .tensor_parallel = 2};
  const Case cases[] = {
      {"busy pair",
       {replica(10'000, 9'000, 10), replica(10'000, 8'500, 8)},
       plain,
       0,
       16'000,
       26'716,
       17'395,
       0},
      {"three with little to do",
       {replica(10'000, 500), replica(10'000, 600), replica(10'000, 400)},
       plain,
       0,
       24'000,
       1'500,
       0,
       20'250},
      {"the rest would not do without the largest",
       {replica(10'000, 2'000), replica(25'000, 2'000, 0, h100)},
       plain,
       0,
       28'000,
       4'000,
       0,
       0},
      {"supply to come is subtracted",
       {replica(10'000, 18'000)},
       whole,
       10'000,
       10'000,
       18'000,
       2'500,
       0},
      {"and is usable to the same share",
       {replica(10'000, 4'500)},
       half,
       1'000,
       5'000,
       4'500,
       125,
       0},
      {"one idle replica is kept", {replica(10'000, 0)}, plain, 0, 8'000, 0, 0, 0},
      {"of two idle ones everything is spare",
       {replica(10'000, 0), replica(10'000, 0)},
       plain,
       0,
       16'000,
       0,
       0,
       16'000},
      {"nobody serves", {}, plain, 50'000, 0, 0, 0, 0},
      {"nobody has reported yet", {replica(0, 0)}, plain, 0, 0, 0, 0, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Assessment a = assess(c.replicas, c.config, c.pending);
    EXPECT_DOUBLE_EQ(a.supply_tokens, c.supply);
    EXPECT_DOUBLE_EQ(a.demand_tokens, c.demand);
    EXPECT_NEAR(a.required_tokens, c.required, 1e-9);
    EXPECT_DOUBLE_EQ(a.spare_tokens, c.spare);
  }
}

RC_GTEST_PROP(V2Saturation, NeverWantsToGrowAndToShrink, ()) {
  std::vector<ReplicaReport> replicas;
  const auto n = *rc::gen::inRange(0, 6);
  for (int i = 0; i < n; ++i) {
    replicas.push_back(replica(*rc::gen::inRange(0, 20'000), *rc::gen::inRange(0, 20'000),
                               *rc::gen::inRange(0, 30),
                               {.gpu_type = *rc::gen::element<std::string>("A100", "H100"),
                                .tensor_parallel = *rc::gen::inRange<std::int64_t>(1, 3)}));
  }
  const auto pending = *rc::gen::inRange<std::int64_t>(0, 20'000);
  const Assessment a = assess(replicas, {}, pending);
  RC_ASSERT(a.required_tokens == 0 || a.spare_tokens == 0);
  double supply = 0;
  double demand = 0;
  std::int64_t count = 0;
  for (const VariantCapacity& variant : a.variants) {
    supply += variant.supply_tokens;
    demand += variant.demand_tokens;
    count += variant.replicas;
  }
  RC_ASSERT(supply == a.supply_tokens);
  RC_ASSERT(demand == a.demand_tokens);
  if (count <= 1) RC_ASSERT(a.spare_tokens == 0);
  // More to come never asks for more.
  RC_ASSERT(assess(replicas, {}, pending + 1'000).required_tokens <= a.required_tokens);
}

TEST(Collector, SortsByModelAndCountsWhatIsLoading) {
  ReplicaReport other = replica(100, 0);
  other.model = "a";
  ReplicaReport nameless = replica(100, 0);
  nameless.model = "";
  const std::vector<ReplicaReport> serving = {replica(10, 1), nameless, replica(20, 2)};
  const std::vector<ReplicaReport> loading = {other, replica(0, 0), replica(30, 0)};
  const std::vector<ModelSignals> models = collect(serving, loading);
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].model, "a");
  EXPECT_TRUE(models[0].replicas.empty());
  EXPECT_EQ(models[1].replicas.size(), 2u);
  EXPECT_EQ(models[1].pending_replicas, 1);
  EXPECT_EQ(models[1].pending_kv_tokens, 30);
}

}  // namespace
}  // namespace blis::control
