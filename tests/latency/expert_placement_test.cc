// Loads of the busiest GPU and the traffic that follows (spec latency 7, 8.5; laws 7, 9).

#include "latency/expert_placement.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "latency/moe_comm.h"

namespace blis::latency {
namespace {

TEST(ExpertPlacement, MatchesTheVectors) {
  struct Row {
    double tokens, top_k;
    std::int64_t experts, group, data_parallel;
    double compute, resident, comm;
  };
  for (const Row& row : std::vector<Row>{{1000, 2, 8, 4, 2, 500, 2, 1500},
                                         {512, 4, 16, 1, 1, 2048, 16, 0},
                                         {2048, 1, 64, 8, 1, 256, 8, 3584},
                                         {4000, 2, 128, 8, 4, 1000, 16, 3500},
                                         {0, 2, 8, 4, 2, 0, 2, 0},
                                         {1000, 2.5, 8, 4, 2, 625, 2, 1875}}) {
    const ExpertLoad load =
        balanced_expert_load(row.tokens, row.top_k, row.experts, row.group, row.data_parallel);
    EXPECT_EQ(load.compute_tokens, row.compute);
    EXPECT_EQ(load.resident_experts, row.resident);
    EXPECT_EQ(load.comm_tokens, row.comm);
  }
}

TEST(ExpertPlacementDeathTest, RefusesAnEmptyGroup) {
  EXPECT_EXIT((void)balanced_expert_load(1, 1, 8, 0, 1), ::testing::ExitedWithCode(2), "latency 7");
  EXPECT_EXIT((void)balanced_expert_load(1, 1, 8, 1, 0), ::testing::ExitedWithCode(2), "latency 7");
}

RC_GTEST_PROP(ExpertPlacement, ConservesTokensAndCopies, ()) {  // law 9
  const auto tokens = static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 1 << 20));
  const auto top_k = static_cast<double>(*rc::gen::inRange<std::int64_t>(1, 16));
  const auto experts = *rc::gen::inRange<std::int64_t>(2, 512);
  const auto data_parallel = *rc::gen::inRange<std::int64_t>(1, 16);
  const auto group = data_parallel * *rc::gen::inRange<std::int64_t>(1, 8);
  const ExpertLoad load = balanced_expert_load(tokens, top_k, experts, group, data_parallel);
  const auto g = static_cast<double>(group);
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-9 * (std::abs(b) + 1); };
  RC_ASSERT(near(load.compute_tokens * g, tokens * top_k));
  RC_ASSERT(near(load.comm_tokens * g * static_cast<double>(data_parallel),
                 tokens * top_k * (g - 1) * 2));
  RC_ASSERT(load.resident_experts ==
            balanced_expert_load(0, 1, experts, group, data_parallel).resident_experts);
  RC_ASSERT(std::isfinite(load.comm_tokens) && load.comm_tokens >= 0);
  if (group == 1) RC_ASSERT(load.comm_tokens == 0);
}

TEST(MoeComm, KnowsSevenBackendsInDisplayOrder) {
  std::vector<std::string> names;
  for (const MoeCommBackend& backend : moe_comm_backends()) names.emplace_back(backend.name);
  EXPECT_EQ(names, (std::vector<std::string>{"naive", "allgather_reducescatter", "pplx",
                                             "deepep_high_throughput", "deepep_low_latency", "mori",
                                             "flashinfer_all2allv"}));
  EXPECT_EQ(find_moe_comm_backend("nccl"), nullptr);
  EXPECT_EQ(find_moe_comm_backend("")->name, "allgather_reducescatter");
}

RC_GTEST_PROP(MoeComm, AllToAllSendsTopKTimesWhatAllGatherSends, ()) {  // law 7
  const auto top_k = *rc::gen::inRange<std::int64_t>(1, 9);
  const MoeCommShape shape = {.hidden_dim = 4096,
                              .activation_bytes = 2,
                              .top_k = static_cast<double>(top_k),
                              .experts = 64,
                              .group = *rc::gen::element<std::int64_t>(2, 4, 8, 16),
                              .data_parallel = 2,
                              .bandwidth_bytes_per_us = 3.35e6};
  const auto tokens = static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 10000));
  const double gather = moe_dispatch_us(MoeCommFamily::kAllGather, tokens, shape);
  const double all_to_all = moe_dispatch_us(MoeCommFamily::kAllToAll, tokens, shape);
  RC_ASSERT(std::abs(all_to_all - static_cast<double>(top_k) * gather) <= 1e-9 * (all_to_all + 1));
  if (top_k == 1) RC_ASSERT(all_to_all == gather);
}

}  // namespace
}  // namespace blis::latency
