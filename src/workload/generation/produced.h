// A request as its producer hands it over: not yet numbered, with what only the next stage needs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "request/request.h"
#include "workload/token_fold.h"

namespace blis::workload {

/// What a session of a closed-loop client remembers of round 0, because a later round's input may
/// contain it.
struct SessionMemory {
  std::optional<TokenFold> context;  ///< round 0's input
  std::vector<std::int32_t>
      input_tokens;  ///< the same as tokens, only where the session's prefix may not be its head
  std::vector<std::int32_t> output_tokens;  ///< round 0's output
};

struct RequestDigests {
  TokenDigest input;
  TokenDigest output;
};

struct Produced {
  request::RequestSpec request;
  std::uint32_t client_index = 0;
  /// A later round of a session that runs closed-loop: it takes part in counting, then the session
  /// manager makes its own.
  bool is_discarded_round = false;
  std::unique_ptr<SessionMemory> memory;
  std::unique_ptr<RequestDigests> digests;  ///< only if observed
};

}  // namespace blis::workload
