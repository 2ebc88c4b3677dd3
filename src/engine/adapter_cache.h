// The LoRA adapters of one instance: which are resident, and which one is being loaded.
//
// At most `capacity` adapters are resident, in least-recently-used order. One that an admitted
// request uses is pinned and stays. At most one load runs at a time: its slot is vacated when it
// starts, and the adapter is resident when it ends. A new instance has none. SOURCE spec engine 11,
// latency 12.4, 12.5.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "model/lora.h"

namespace blis::engine {

/// What an instance knows of the declared adapters. Immutable, shared by all instances.
struct AdapterSettings {
  std::int64_t capacity = 0;  ///< resident adapters per instance, > 0
  std::shared_ptr<const model::LoraCostModel> cost;
  absl::flat_hash_map<Symbol, std::int64_t> ranks;  ///< of the declared adapters
};

/// What happened to one adapter at one instance.
struct AdapterCounts {
  std::int64_t loads = 0;
  std::int64_t evictions = 0;
};

class AdapterCache {
 public:
  explicit AdapterCache(std::shared_ptr<const AdapterSettings> settings)
      : settings_(std::move(settings)) {}

  bool is_resident(Symbol adapter) const { return find(adapter) != resident_.size(); }
  /// Least recently used first. Valid until the next change.
  std::span<const Symbol> resident() const { return resident_; }

  /// Starts to load `adapter`; if all slots are taken, the least recently used adapter without pin
  /// goes. Nothing happens if all are pinned. An adapter that was not declared (a replayed trace
  /// may name such) takes 1 µs and a slot. REQUIRES  !is_loading(), `adapter` not resident.
  void start_load(Symbol adapter, Micros now);
  bool is_loading() const { return loading_.has_value(); }
  /// When the running load ends; Micros::max() if none runs.
  Micros load_ends_at() const { return loading_ ? load_ends_at_ : Micros::max(); }
  /// The adapter that was loaded becomes resident. REQUIRES  is_loading().
  void finish_load();
  /// The running load, if any, comes to nothing. It counts as none.
  void abandon_load() { loading_.reset(); }

  /// Makes the adapter the most recently used one. This and the pins do nothing for one that is not
  /// resident.
  void touch(Symbol adapter);
  void pin(Symbol adapter);
  void unpin(Symbol adapter);

  /// How much slower a step is that computes with these adapters. Duplicates count once; "" and
  /// adapters that were not declared do not count.
  double step_overhead_factor(std::span<const Symbol> adapters) const;

  /// Adapters with at least one load or eviction.
  const std::map<Symbol, AdapterCounts>& counts() const { return counts_; }

 private:
  std::size_t find(Symbol adapter) const;
  bool evict_one();

  std::shared_ptr<const AdapterSettings> settings_;
  std::vector<Symbol> resident_;    // least recently used first
  std::vector<std::int64_t> pins_;  // of resident_, index by index
  std::optional<Symbol> loading_;
  Micros load_ends_at_;
  std::map<Symbol, AdapterCounts> counts_;
};

}  // namespace blis::engine
