// The KV cache of one instance as the engine uses it. SOURCE spec kv-cache 1, 3, 4.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "kv/index_change.h"
#include "request/block_keys.h"

namespace blis::kv {

/// What the cache needs to know of a request.
struct KvClient {
  RequestId id;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t progress = 0;  ///< decides the phase: prefill iff progress < input_tokens
  const request::TokenKeys* keys = nullptr;
  bool is_decode_sub_request = false;  ///< of a disaggregated request: never waits for a lower tier

  /// Keys of the full blocks of the input, as far as these are not private.
  std::span<const request::BlockKey> input_keys() const {
    auto blocks = static_cast<std::size_t>(input_tokens / keys->block_size);
    if (keys->rest_is_private) blocks = std::min(blocks, keys->sequence.size());
    return std::span(keys->sequence).first(blocks);
  }
};

class SingleTierCache;

/// One instance's cache, whatever its tiers. Not thread-safe.
class KvStore {
 public:
  virtual ~KvStore() = default;

  /// Replaces `blocks` by the ids of the longest chain of cached blocks from the start of `keys`.
  /// No side effects.
  virtual void match(std::span<const request::BlockKey> keys,
                     std::vector<BlockId>& blocks) const = 0;

  /// Takes blocks for input positions [start, end) in prefill, or for the one output token at
  /// position `start` in decode; claims `cached` first if the request holds nothing yet and a token
  /// is placed. Returns false, with nothing changed (single tier), if there is no room.
  [[nodiscard]] virtual bool allocate(const KvClient& client, std::int64_t start, std::int64_t end,
                                      std::span<const BlockId> cached) = 0;
  /// Gives back everything that the request holds; harmless if that is nothing.
  virtual void release(RequestId request) = 0;
  /// The full private blocks that the request holds become findable by the keys that `client` now
  /// has for them. A cache with lower tiers serves no requests with private blocks.
  virtual void publish_private_blocks(const KvClient& /*client*/) {}

  /// The blocks on the GPU, where what concerns no tier below may be done directly.
  virtual SingleTierCache* gpu_tier() { return nullptr; }

  virtual std::int64_t used_blocks() const = 0;
  virtual std::int64_t total_blocks() const = 0;
  virtual std::int64_t block_size() const = 0;
  virtual double hit_rate() const = 0;  ///< hits / (hits + misses), 0 when both are 0
  virtual double thrashing_rate() const { return 0; }

  /// Before the first chunk of a new request is sized: with KvConfig::tier_hits_save_prefill,
  /// brings what host memory has behind `cached` to the GPU and extends `cached` by it; else does
  /// nothing. ENSURES at least one token of the prompt is left to compute, if it changed or looked
  /// at anything.
  virtual void fetch_before_admission(const KvClient& /*client*/,
                                      std::vector<BlockId>& /*cached*/) {}

  // Tiers below the GPU; a cache without them does nothing here.
  virtual void set_clock(Micros /*now*/) {}
  /// The running batch after a step, in batch order, including requests that got no tokens.
  virtual void mirror(std::span<const KvClient> /*batch*/) {}
  virtual bool needs_mirror() const { return false; }
  /// mirror() for a batch of which only `changed` have joined or filled blocks since the last one,
  /// in batch order. Returns false, having done nothing, if it needs the whole batch.
  [[nodiscard]] virtual bool mirror_changed(std::span<const KvClient> /*changed*/) { return false; }
  virtual Micros consume_transfer_latency() { return Micros(); }
  virtual bool supports_deferral() const { return false; }
  /// Appends the requests that still wait for a lower tier to `deferred`.
  virtual void poll_deferred(Micros /*now*/, std::vector<RequestId>& /*deferred*/) {}
  virtual bool is_deferred(RequestId /*request*/) const { return false; }
  virtual void clear_deferred(RequestId /*request*/) {}
  /// How often a lower tier gave or took something. While nobody runs, this stands still and
  /// nothing is awaited, every attempt to admit somebody leaves the cache as it was.
  virtual std::int64_t tier_activity() const { return 0; }
  /// A transfer or a request that waits for one may still change something.
  virtual bool awaits_transfers() const { return false; }

  // For those who follow the GPU's cache from outside; off until asked for.
  /// From now on take_index_changes() returns what became findable, or ceased to be, since its last
  /// call.
  virtual void record_index_changes() {}
  virtual std::vector<IndexChange> take_index_changes() { return {}; }

  // Views for routing (spec kv-cache 9, data-plane 13.3).
  /// Number of leading keys that are findable on the GPU now.
  virtual std::int64_t cached_prefix_blocks(std::span<const request::BlockKey> keys) const = 0;
  /// Sets `changes` to the keys that are findable on the GPU now and were not at the last call, or
  /// the other way round; at the first call, to all that are findable. In no order. COST
  /// O(changes); from the first call on, every change of what can be found is a little dearer.
  virtual void take_view_changes(std::vector<IndexChange>& changes) = 0;
};

}  // namespace blis::kv
