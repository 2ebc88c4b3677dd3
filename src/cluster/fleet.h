// The instances of one run in index order, and which of them has the earliest event.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cluster/cluster_config.h"
#include "cluster/instance_heap.h"
#include "engine/instance.h"
#include "request/request.h"

namespace blis::cluster {

class Fleet {
 public:
  /// All references outlive the fleet.
  Fleet(const ClusterConfig& config, request::RequestTable& requests, const SymbolTable& symbols,
        engine::InstanceListener& listener)
      : config_(config), requests_(requests), symbols_(symbols), listener_(listener) {}

  /// Builds the next instance, called `instance_<index>`.
  engine::Instance& add_instance();
  std::size_t size() const { return instances_.size(); }
  engine::Instance& operator[](InstanceId id) { return *instances_[id.index()]; }
  const request::RequestTable& requests() const { return requests_; }
  const engine::Instance& operator[](InstanceId id) const { return *instances_[id.index()]; }

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
  /// What the pool of this instance overrides; nullptr if nothing.
  const PoolOverride* pool_override(InstanceId id) const;

  const ClusterConfig& config_;
  request::RequestTable& requests_;
  const SymbolTable& symbols_;
  engine::InstanceListener& listener_;
  std::vector<std::unique_ptr<engine::Instance>> instances_;
  InstanceHeap heap_;
};

}  // namespace blis::cluster
