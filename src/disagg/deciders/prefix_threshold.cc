// prefix-threshold: requests of which the decode instance lacks more than a threshold of prompt
// tokens.
//
//   prompt tokens - cached leading blocks * block size > threshold
//
// Asks the (perhaps frozen) view of one instance's cache, once. SOURCE spec disaggregation 4.1;
// llm-d's prefix-based disaggregation decider.

#include "disagg/decider.h"

namespace blis::disagg {
namespace {

class PrefixThreshold final : public Decider {
 public:
  explicit PrefixThreshold(const DeciderContext& context) : context_(context) {}

  bool disaggregates(const gateway::RouteQuery& query, InstanceId decode_instance) override {
    if (query.input_tokens == 0 || context_.prefix_views == nullptr) return false;
    const std::int64_t cached =
        context_.prefix_views->cached_blocks(decode_instance, query.input_keys);
    return query.input_tokens - cached * context_.block_size_tokens >
           context_.prefix_threshold_tokens;
  }

 private:
  DeciderContext context_;
};

}  // namespace

std::unique_ptr<Decider> make_prefix_threshold_decider(const DeciderContext& context) {
  return std::make_unique<PrefixThreshold>(context);
}

}  // namespace blis::disagg
