// prefix-affinity: the instance to which most of the request's prefix was routed before.
//
//   leading blocks of the prompt that the gateway's own index has for the instance / full blocks of
//   the prompt; 0 without full blocks
//
// The index is filled by routing decisions alone: it does not know what instances evict, nor
// whether a request succeeded. SOURCE spec data-plane 12.1, 13.2; the Gateway API Inference
// Extension's prefix scorer.

#include "gateway/prefix_index.h"
#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

constexpr std::size_t kBlocksPerInstance = 10'000;  // the reference's constant

class PrefixAffinity final : public Scorer {
 public:
  void score(const RouteQuery& query, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    const std::int64_t blocks = query.input_blocks;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      scores[i] =
          blocks == 0
              ? 0.0
              : static_cast<double>(index_.match(candidates[i].instance, query.input_keys)) /
                    static_cast<double>(blocks);
    }
  }

  void on_routed(const RouteQuery& query, InstanceId chosen) override {
    index_.record(chosen, query.input_keys, query.input_blocks);
  }

 private:
  PrefixIndex index_{kBlocksPerInstance};
};

}  // namespace

std::unique_ptr<Scorer> make_prefix_affinity(const ScorerContext& /*context*/) {
  return std::make_unique<PrefixAffinity>();
}

}  // namespace blis::gateway
