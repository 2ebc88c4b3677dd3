// A latency model whose times the test chooses.
#pragma once

#include <cstdint>

#include "latency/latency_model.h"

namespace blis::testing {

/// Every step lasts the same; no request influences it unless prompt tokens are given a price.
class FixedLatency final : public latency::LatencyModel {
 public:
  FixedLatency() = default;
  FixedLatency(std::int64_t step, std::int64_t queueing, std::int64_t token,
               std::int64_t post_decode)
      : queueing_us(queueing), step_us(step), token_us(token), post_decode_us(post_decode) {}

  std::int64_t queueing_us = 0;
  std::int64_t step_us = 1000;
  std::int64_t prompt_token_us = 0;
  std::int64_t token_us = 0;
  std::int64_t post_decode_us = 0;

  Micros step_time(const latency::StepBatch& batch) const override {
    return Micros(step_us + prompt_token_us * batch.prefill_tokens);
  }
  Micros queueing_time(std::int64_t) const override { return Micros(queueing_us); }
  Micros output_token_processing_time() const override { return Micros(token_us); }
  Micros post_decode_overhead() const override { return Micros(post_decode_us); }
};

}  // namespace blis::testing
