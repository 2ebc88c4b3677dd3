// Which sheddable request in flight should go first when important ones wait: lowest priority, then
// latest dispatch.
//
// Ties on both are decided by where the elements lie in a binary heap, so the heap is the
// reference's, move for move (spec data-plane 10.9).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "base/micros.h"
#include "request/request_name.h"

namespace blis::gateway {

struct EvictionCandidate {
  std::int64_t priority = 0;
  Micros dispatched;
  RequestId request;
  InstanceId instance;
  request::RequestName name;
};

class EvictionTracker {
 public:
  /// COST O(log entries) for each of these.
  void track(const EvictionCandidate& candidate);
  std::optional<EvictionCandidate> pop();
  /// Harmless if no entry has this name.
  void remove(const request::RequestName& name);

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

 private:
  struct Node {
    EvictionCandidate candidate;
    std::uint64_t serial = 0;  // which insertion of its name
  };
  struct Place {
    std::size_t index = 0;
    std::uint64_t serial = 0;
  };
  struct NameHash {
    std::size_t operator()(const request::RequestName& name) const;
  };

  bool less(std::size_t a, std::size_t b) const;
  void swap(std::size_t a, std::size_t b);
  void sift_up(std::size_t j);
  bool sift_down(std::size_t start, std::size_t n);
  Node take_last();

  std::vector<Node> heap_;
  // The insertion that the name stands for is the last one, as in the reference's id map.
  absl::flat_hash_map<request::RequestName, Place, NameHash> places_;
  std::uint64_t next_serial_ = 0;
};

}  // namespace blis::gateway
