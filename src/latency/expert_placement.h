// Where the experts of one MoE layer sit and what the busiest GPU of the group therefore computes,
// holds and sends.
#pragma once

#include <cstdint>

namespace blis::latency {

struct ExpertLoad {
  double compute_tokens = 0;    ///< token-expert pairs that the GPU computes
  double resident_experts = 0;  ///< experts whose weights it holds
  double comm_tokens = 0;  ///< token copies it sends and receives in dispatch and combine together
};

/// Load of the busiest GPU when experts and tokens spread evenly over `group` GPUs:
///
///   compute_tokens   = tokens * top_k / group
///   resident_experts = experts / group                                    independent of the batch
///   comm_tokens      = (tokens / data_parallel) * top_k * (group - 1) / group * 2
///
/// `tokens` counts the whole replica; `top_k` may be fractional.
/// REQUIRES  group >= 1, data_parallel >= 1.
/// NOT MODELLED  imbalance between experts, redundant experts, rebalancing.
/// SOURCE spec latency 7.
ExpertLoad balanced_expert_load(double tokens, double top_k, std::int64_t experts,
                                std::int64_t group, std::int64_t data_parallel);

}  // namespace blis::latency
