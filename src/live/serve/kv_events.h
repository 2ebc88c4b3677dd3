// KV events: what became findable in an instance's cache, or was evicted, in the form in which vLLM
// tells it to routers.
//
//   batch   [seconds since the epoch, [event, …], 0]                              msgpack
//   event   ["BlockStored", [hash, …], parent hash | nil, [token id, …], block size, nil, "GPU"]
//           ["BlockRemoved", [hash, …], "GPU"]
//           ["AllBlocksCleared"]
//
// The blocks of a chain that are stored one after the other share an event, whose token ids are
// theirs, one block after the other. Hashes are 64 bits of our own block keys: they name blocks
// within the stream and are not those that vLLM computes. Events are made when the simulation
// executes a step, which is at the step's begin.
//
// SOURCE        surfaces 4.3; array encoding as in vllm/distributed/kv_events.py.
// NOT MODELLED  adapters (lora_id), tiers below the GPU.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kv/index_change.h"
#include "live/serve/platform.h"
#include "live/serve/wire.h"
#include "request/block_keys.h"

namespace blis::live {

/// The tokens behind the blocks that requests under way may store. Requests are counted, so a block
/// is known as long as somebody works on it.
class KnownBlocks {
 public:
  struct Block {
    const request::BlockKey* parent = nullptr;  ///< nullptr: the first of a chain
    std::span<const std::int32_t> tokens;
  };

  /// `tokens` are those behind `keys`, and as many at least. COST O(blocks).
  void add(Ticket ticket, std::shared_ptr<const request::TokenKeys> keys, TokenIds tokens);
  /// The request has ended; harmless if it is not known. COST O(blocks).
  void remove(Ticket ticket);
  /// Valid until the next change; nullopt for a block of nobody.
  std::optional<Block> find(const request::BlockKey& key) const;
  bool is_empty() const { return places_.empty() && sequences_.empty(); }

 private:
  struct Sequence {
    std::shared_ptr<const request::TokenKeys> keys;
    TokenIds tokens;
  };
  struct Place {
    std::shared_ptr<const Sequence> sequence;
    std::uint32_t index = 0;
    std::uint32_t holders = 0;
  };

  absl::flat_hash_map<Ticket, std::shared_ptr<const Sequence>> sequences_;
  absl::flat_hash_map<request::BlockKey, Place> places_;
};

/// The events of one instance.
class KvEventStream {
 public:
  explicit KvEventStream(std::int64_t block_size_tokens) : block_size_tokens_(block_size_tokens) {}

  /// The batch that tells these changes; "" if there is nothing to tell. Blocks that are not known
  /// are left out, now and when they are removed.
  std::string batch(std::span<const kv::IndexChange> changes, const KnownBlocks& known,
                    double epoch_seconds);
  /// The batch that tells that nothing is left; "" if nothing was stored.
  std::string clear(double epoch_seconds);

 private:
  std::int64_t block_size_tokens_;
  absl::flat_hash_set<request::BlockKey> told_;  // stored, as far as followers know
};

}  // namespace blis::live
