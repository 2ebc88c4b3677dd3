// Requests of a load generator's report, gathered so that their times can begin at 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "trace/importers/importers.h"

namespace blis::trace {

/// Times are seconds on the report's clock.
struct MeasuredRequest {
  double start_s = 0;
  std::optional<double> first_token_s{};
  std::optional<double> end_s{};
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t chunks = 0;
  std::string error{};   ///< "" = it succeeded
  bool cut_off = false;  ///< the run ended before the request did
};

/// Hands `requests` over in order of start, times from the first start on.
void emit_measured(std::vector<MeasuredRequest> requests, const RecordSink& sink);

}  // namespace blis::trace
