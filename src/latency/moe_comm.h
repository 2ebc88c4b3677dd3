// How an MoE layer moves tokens to their experts and back when attention runs data-parallel.
//
// vLLM offers several kernels; for the volume on the wire only two families matter. All-gather
// backends give every GPU all tokens of the group, all-to-all backends send each token to its
// experts only, which is top_k copies.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace blis::latency {

enum class MoeCommFamily : std::uint8_t { kAllGather, kAllToAll };

struct MoeCommBackend {
  std::string_view name;  ///< as in --moe-comm-backend, vLLM's spelling
  MoeCommFamily family = MoeCommFamily::kAllGather;
};

/// In display order.
std::span<const MoeCommBackend> moe_comm_backends();
/// "" is allgather_reducescatter; nullptr if there is no such backend.
const MoeCommBackend* find_moe_comm_backend(std::string_view name);

/// What one dispatch-and-combine of one layer depends on.
struct MoeCommShape {
  double hidden_dim = 0;        ///< d
  double activation_bytes = 0;  ///< b_a; the volume never depends on the weight precision
  double top_k = 1;
  std::int64_t experts = 0;
  std::int64_t group = 1;  ///< GPUs that share the experts: TP * DP
  std::int64_t data_parallel = 1;
  double bandwidth_bytes_per_us =
      0;  ///< HBM's: the fitted coefficient absorbs the ratio to the interconnect's
};

/// Time of one layer's dispatch and combine for `tokens` tokens of the replica. [µs]
///
///   all-gather   (tokens / DP) * (G - 1) / G * 2 * d * b_a / bandwidth
///   all-to-all   comm_tokens * d * b_a / bandwidth        comm_tokens of balanced_expert_load,
///   holds top_k
///
/// SOURCE spec latency 8.5.
double moe_dispatch_us(MoeCommFamily family, double tokens, const MoeCommShape& shape);

}  // namespace blis::latency
