// The kinds of cache, and how the settings choose one.
//
// To add one: a .h/.cc with the class, a row in kv_stores.def, a test, a row in docs/kv-cache.md.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "kv/kv_config.h"
#include "kv/kv_store.h"
#include "kv/storage_network.h"

namespace blis::kv {

struct KvStoreEntry {
  std::string_view name;
  bool (*is_chosen)(const KvConfig& config);
  std::unique_ptr<KvStore> (*make)(const KvConfig& config, const RequestOrder& before,
                                   StorageNetwork* shared);
  std::string_view help;
};

/// All kinds; the first that is chosen is made.
std::span<const KvStoreEntry> kv_store_entries();

/// The cache of one instance. `before` is only called by an offload chain with storage tiers; what
/// it refers to outlives the cache. `shared` is the storage that instances share, if they share
/// any; without it an offload chain has all its storage for itself. THROWS ConfigError, naming the
/// flag or key, for what the settings' own readers let pass and no cache can do: no blocks or no
/// block size; a CPU tier beside an offload chain, or without a usable bandwidth and latency;
/// chunks of several blocks; an eviction policy other than lru; a CPU tier below one block. SOURCE
/// spec kv-cache 1, cli 10.4.
std::unique_ptr<KvStore> make_kv_store(const KvConfig& config, const RequestOrder& before,
                                       StorageNetwork* shared = nullptr);

}  // namespace blis::kv
