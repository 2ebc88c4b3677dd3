// The instances of one run in index order, and which of them has the earliest event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/cluster_config.h"
#include "cluster/instance_heap.h"
#include "engine/instance.h"
#include "gateway/instance_signals.h"
#include "gateway/signals.h"
#include "kv/storage_network.h"
#include "request/request_table.h"

namespace blis::cluster {

/// What an instance is built from, beyond what all share.
struct InstancePlan {
  gateway::InstanceProfile profile;
  engine::InstanceConfig config;
  gateway::PoolRoles roles = gateway::kNoRole;
  const latency::LatencyModel* latency = nullptr;  ///< outlives the instance
};

class Fleet {
 public:
  /// All references outlive the fleet.
  Fleet(const ClusterConfig& config, request::RequestTable& requests, const SymbolTable& symbols,
        engine::InstanceListener& listener)
      : config_(config), requests_(requests), symbols_(symbols), listener_(listener) {}

  /// Builds the next instance.
  InstanceId add_instance(InstancePlan plan);
  std::size_t size() const { return instances_.size(); }
  engine::Instance& operator[](InstanceId id) { return *instances_[id.index()]; }
  const engine::Instance& operator[](InstanceId id) const { return *instances_[id.index()]; }
  const gateway::InstanceProfile& profile(InstanceId id) const { return profiles_[id.index()]; }
  gateway::PoolRoles roles(InstanceId id) const { return roles_[id.index()]; }
  const request::RequestTable& requests() const { return requests_; }
  /// What the storage that instances share has done; nullopt if they share none.
  std::optional<kv::StorageUse> storage_use() const {
    if (!config_.kv.offload || !config_.kv.offload->is_shared()) return std::nullopt;
    return storage_.use();
  }

  /// Micros::max() if no instance has anything pending.
  Micros next_event_time() const { return heap_.top_time(); }
  /// The instance whose event is next; the lowest index among equals. REQUIRES next_event_time() <
  /// Micros::max().
  InstanceId next_instance() const { return InstanceId(heap_.top()); }
  /// Must be called after anything that may have changed what the instance has pending.
  void reschedule(InstanceId id) {
    heap_.update(id.index(), instances_[id.index()]->next_event_time());
  }

 private:
  const ClusterConfig& config_;
  request::RequestTable& requests_;
  const SymbolTable& symbols_;
  engine::InstanceListener& listener_;
  kv::StorageNetwork storage_;  ///< used if there is something to share
  std::vector<std::unique_ptr<engine::Instance>> instances_;
  std::vector<gateway::InstanceProfile> profiles_;
  std::vector<gateway::PoolRoles> roles_;
  InstanceHeap heap_;
};

}  // namespace blis::cluster
