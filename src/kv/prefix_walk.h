// A walk along the part of a prompt that its request neither holds nor has matched, block by block:
// which key comes next, and where the block is.
//
// Whoever asks whether a request has to wait for storage, reloads for it and then looks for what
// was reloaded, goes the same way three times. The walk remembers what it found, so that each block
// is looked up once. SOURCE spec kv-cache 5.3, 6.8, 6.9.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kv/cpu_tier.h"
#include "kv/kv_store.h"
#include "kv/single_tier_cache.h"
#include "request/block_keys.h"

namespace blis::kv {

class PrefixWalk {
 public:
  struct Place {
    request::BlockKey key;
    BlockId gpu;                          ///< none() if it is not there
    CpuTier::Slot copy = CpuTier::kNone;  ///< only looked up if it is not on the GPU
  };

  /// Both outlive this.
  PrefixWalk(const SingleTierCache& gpu, const CpuTier& cpu) : gpu_(gpu), cpu_(cpu) {}

  /// A walk for this request, from where that part of its input begins. Behind a partially filled
  /// block the chain starts anew, and so matches nothing but prompts that start there [QUIRK, spec
  /// kv-cache 5.3 notes]. `client` and `cached` stay valid until the next begin().
  void begin(const KvClient& client, std::span<const BlockId> cached);
  /// Block `i` of that part; nullptr behind the last full block of the prompt. What it says of the
  /// GPU is up to date; it is of host memory as long as nothing is evicted there. REQUIRES i is at
  /// most one more than was asked for before.
  const Place* at(std::size_t i);
  /// Block `i` is on the GPU now.
  void reloaded(std::size_t i, BlockId block) { places_[i].gpu = block; }
  /// match() of the whole prompt, after the walk.
  void match_again(std::vector<BlockId>& blocks);

 private:
  const SingleTierCache& gpu_;
  const CpuTier& cpu_;
  KvClient client_;
  std::span<const BlockId> cached_;
  std::int64_t first_ = 0;  ///< block of the input
  std::optional<request::BlockKey> before_first_;
  std::vector<Place> places_;
  std::vector<BlockId> guesses_;  ///< scratch
};

}  // namespace blis::kv
