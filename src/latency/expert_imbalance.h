// What unequally popular experts do to a step. An extension: the balanced placement is the default.
//
// The i-th most popular expert of a layer is chosen in proportion to i^-z (Zipf's law). Which
// expert that is differs from layer to layer and is drawn from a stream of this file's own, so the
// figures are the same in every run.
//
// NOT MODELLED  popularity that drifts or depends on the request, redundant experts, rebalancing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace blis::latency {

struct ExpertImbalance {
  std::int64_t experts = 0;
  std::int64_t gpus = 1;  ///< that share the experts, each with experts / gpus consecutive ones
  std::int64_t moe_layers = 0;
  double zipf_exponent = 0;
};

/// Load of the busiest GPU over the average load, averaged over the layers: a layer is done when
/// its busiest GPU is. 1 without skew, experts or a second GPU; at most `gpus`. COST O(layers *
/// experts); for start-up.
double busiest_gpu_factor(const ExpertImbalance& imbalance);

/// Probability that a token uses each expert, most popular first: proportional to i^-z, none above
/// 1, adding up to top_k. REQUIRES experts >= top_k >= 1, zipf_exponent >= 0.
std::vector<double> touch_probabilities(std::int64_t experts, std::int64_t top_k,
                                        double zipf_exponent);

/// Expected number of distinct experts that `tokens` independent tokens use: sum of 1 - (1 - p)^n.
double skewed_experts(std::span<const double> probabilities, std::int64_t tokens);

}  // namespace blis::latency
