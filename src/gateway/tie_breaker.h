// Random choice among equally good candidates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "random/random_stream.h"

namespace blis::gateway {

/// Draws from the stream of one routing policy (`router`, `prefill-router` or `decode-router`).
/// SOURCE spec data-plane 11.5.
class TieBreaker {
 public:
  explicit TieBreaker(std::int64_t stream_seed) : stream_(stream_seed) {}

  /// A number in [0, ties). Nothing is drawn for a single candidate. REQUIRES ties >= 1.
  std::size_t pick(std::size_t ties) {
    if (ties <= 1) return 0;
    return static_cast<std::size_t>(stream_.intn(static_cast<std::int64_t>(ties)));
  }

 private:
  random::RandomStream stream_;
};

}  // namespace blis::gateway
