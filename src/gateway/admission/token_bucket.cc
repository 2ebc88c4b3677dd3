// token-bucket: prompt tokens at a limited rate, with bursts up to the bucket's capacity.
//
//   tokens = min(capacity, tokens + elapsed_us * rate / 1e6)      at each decision
//   admitted iff tokens >= prompt tokens, which are then taken
//
// A prompt longer than the capacity is never admitted; an empty one always. SOURCE spec
// data-plane 8.1. Law: data-plane L17.

#include <algorithm>

#include "gateway/admission_policy.h"

namespace blis::gateway {
namespace {

class TokenBucket final : public AdmissionPolicy {
 public:
  explicit TokenBucket(const TokenBucketConfig& config)
      : config_(config), tokens_(config.capacity_tokens) {}

  AdmissionDecision decide(const RouteQuery& query, const RouterState& state) override {
    const std::int64_t elapsed_us = (state.clock - last_).count();
    if (elapsed_us > 0) {
      tokens_ =
          std::min(config_.capacity_tokens,
                   tokens_ + (static_cast<double>(elapsed_us) * config_.refill_tokens_per_s) / 1e6);
      last_ = state.clock;
    }
    const double cost = static_cast<double>(query.input_tokens);
    AdmissionDecision decision;
    if (tokens_ >= cost) {
      tokens_ -= cost;
    } else {
      decision.admitted = false;
      decision.reason = AdmissionReason::kInsufficientTokens;
    }
    return decision;
  }

 private:
  TokenBucketConfig config_;
  double tokens_;
  Micros last_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_token_bucket(const AdmissionConfig& config,
                                                   const ScriptContext& /*script*/) {
  return std::make_unique<TokenBucket>(config.token_bucket);
}

}  // namespace blis::gateway
