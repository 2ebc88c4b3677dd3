#include "latency/moe_comm.h"

#include <algorithm>

#include "latency/expert_placement.h"

namespace blis::latency {
namespace {

constexpr MoeCommBackend kBackends[] = {
    {"naive", MoeCommFamily::kAllGather},
    {"allgather_reducescatter", MoeCommFamily::kAllGather},
    {"pplx", MoeCommFamily::kAllToAll},
    {"deepep_high_throughput", MoeCommFamily::kAllToAll},
    {"deepep_low_latency", MoeCommFamily::kAllToAll},
    {"mori", MoeCommFamily::kAllToAll},
    {"flashinfer_all2allv", MoeCommFamily::kAllToAll},
};

}  // namespace

std::span<const MoeCommBackend> moe_comm_backends() { return kBackends; }

const MoeCommBackend* find_moe_comm_backend(std::string_view name) {
  if (name.empty()) name = "allgather_reducescatter";
  const auto* backend = std::ranges::find(kBackends, name, &MoeCommBackend::name);
  return backend == std::end(kBackends) ? nullptr : backend;
}

double moe_dispatch_us(MoeCommFamily family, double tokens, const MoeCommShape& shape) {
  if (family == MoeCommFamily::kAllGather) {
    const auto group = static_cast<double>(shape.group);
    return (tokens / static_cast<double>(shape.data_parallel)) * (group - 1) / group * 2 *
           shape.hidden_dim * shape.activation_bytes / shape.bandwidth_bytes_per_us;
  }
  const ExpertLoad load =
      balanced_expert_load(tokens, shape.top_k, shape.experts, shape.group, shape.data_parallel);
  return load.comm_tokens * shape.hidden_dim * shape.activation_bytes /
         shape.bandwidth_bytes_per_us;
}

}  // namespace blis::latency
