#include "latency/expert_placement.h"

#include "base/check.h"

namespace blis::latency {

ExpertLoad balanced_expert_load(double tokens, double top_k, std::int64_t experts,
                                std::int64_t group, std::int64_t data_parallel) {
  BLIS_CHECK(group >= 1, "latency 7: expert group of {} GPUs", group);
  BLIS_CHECK(data_parallel >= 1, "latency 7: data parallel degree {}", data_parallel);
  const auto g = static_cast<double>(group);
  return {
      .compute_tokens = tokens * top_k / g,
      .resident_experts = static_cast<double>(experts) / g,
      .comm_tokens = (tokens / static_cast<double>(data_parallel)) * top_k * (g - 1) / g * 2,
  };
}

}  // namespace blis::latency
