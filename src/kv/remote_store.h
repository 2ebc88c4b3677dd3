// A store of KV blocks on the network that all instances write to and read from, as LMCache servers
// or a Mooncake pool are: what one instance computed, another need not.
//
// A set of keys, bounded if it has a capacity: then the least recently written or read block makes
// room. A block that is there, or on its way, is not written again. How long transfers take is the
// transfer station's business. NOT MODELLED: replicas, several nodes with links of their own,
// failures, blocks that vanish while they are read. An extension; the reference's tiers are
// unbounded and every instance's own (spec kv-cache W10).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <list>
#include <string>

#include "request/block_keys.h"

namespace blis::kv {

/// How much a remote store did in a run.
struct RemoteStoreUse {
  std::string name;
  std::int64_t blocks = 0;               ///< in it at the end
  std::int64_t written_blocks = 0;       ///< that arrived
  std::int64_t spared_writes = 0;        ///< of blocks that were there, or on their way
  std::int64_t read_blocks = 0;          ///< that instances asked for
  std::int64_t foreign_read_blocks = 0;  ///< of these: written by another instance
  std::int64_t evicted_blocks = 0;
};

class RemoteStore {
 public:
  /// `capacity_blocks` 0 = no limit.
  RemoteStore(std::string name, std::int64_t capacity_blocks) : capacity_(capacity_blocks) {
    use_.name = std::move(name);
  }

  bool contains(const request::BlockKey& key) const {
    const auto found = entries_.find(key);
    return found != entries_.end() && found->second.is_stored;
  }
  /// Somebody wants to write the block. False if that is superfluous; else finish_write() follows.
  [[nodiscard]] bool start_write(const request::BlockKey& key, std::int32_t writer);
  /// The block has arrived, and can be found from now on.
  void finish_write(const request::BlockKey& key);
  /// An instance reads the block. REQUIRES contains(key).
  void read(const request::BlockKey& key, std::int32_t reader);

  RemoteStoreUse use() const {
    RemoteStoreUse use = use_;
    use.blocks = static_cast<std::int64_t>(recency_.size());
    return use;
  }

 private:
  struct Entry {
    std::int32_t writer = 0;
    bool is_stored = false;                        ///< else on its way
    std::list<request::BlockKey>::iterator place;  ///< in recency_, if stored
  };

  std::int64_t capacity_;
  absl::flat_hash_map<request::BlockKey, Entry> entries_;
  std::list<request::BlockKey> recency_;  ///< stored blocks, least recently used first
  RemoteStoreUse use_;
};

}  // namespace blis::kv
