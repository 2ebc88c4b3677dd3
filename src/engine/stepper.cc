#include "engine/stepper.h"

#include <algorithm>

namespace blis::engine {

using request::Request;

TokenProgress Stepper::token_progress(const Request& r, RequestId /*id*/) const {
  return engine::token_progress(r, r.progress, r.measured.itl_sum);
}

// The first token comes with the last of the prompt. The decode half of a split request brings it
// along, and its times start when it was admitted (spec disaggregation 10).
TokenProgress token_progress(const Request& r, std::int64_t progress, Micros itl_sum) {
  const bool has_first = r.is_decode_sub_request ? progress > r.spec.input_tokens : r.ttft_set;
  if (!has_first || progress < r.spec.input_tokens) return {};
  const std::int64_t made = progress - r.spec.input_tokens + 1;
  const bool starts_at_admission = r.is_decode_sub_request && r.first_token == Micros();
  const Micros first = starts_at_admission ? r.measured.scheduling_delay : r.first_token;
  return {std::min(made, std::max<std::int64_t>(r.spec.output_tokens, 1)),
          r.spec.arrival + first + itl_sum};
}

}  // namespace blis::engine
