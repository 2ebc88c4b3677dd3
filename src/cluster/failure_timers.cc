#include "cluster/failure_timers.h"

namespace blis::cluster {

FailureTimers::FailureTimers(const control::FailureConfig& config, std::int64_t seed,
                             EventQueue& events)
    : events_(events) {
  if (config.gpu.mtbf_s > 0) gpus_.emplace(config.gpu, seed, "failures-gpu");
  if (config.node.mtbf_s > 0) nodes_.emplace(config.node, seed, "failures-node");
  if (config.instance.mtbf_s > 0) instances_.emplace(config.instance, seed, "failures-instance");
}

void FailureTimers::arm_new_node(const control::Nodes& nodes, std::size_t node, Micros clock) {
  arm_node(node, clock);
  const auto gpus = static_cast<std::size_t>(nodes.pools()[nodes.pool_of(node)].gpus_per_node);
  for (std::size_t gpu = 0; gpu < gpus; ++gpu) {
    arm_gpu(static_cast<std::uint32_t>(nodes.first_gpu(node) + gpu), clock);
  }
}

}  // namespace blis::cluster
