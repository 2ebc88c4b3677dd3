// Which instance has the earliest event, kept under change of one instance at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/micros.h"

namespace blis::cluster {

/// An indexed binary heap of (next event time, instance index): the smallest time, the lowest index
/// among equals (spec data-plane 4.4). COST O(log instances) per update, O(1) to look.
class InstanceHeap {
 public:
  /// Adds the next instance (index = number of instances so far), with nothing pending.
  void add() {
    const std::size_t index = times_.size();
    times_.push_back(Micros::max());
    places_.push_back(heap_.size());
    heap_.push_back(static_cast<std::uint32_t>(index));
    sift_up(heap_.size() - 1);
  }

  bool empty() const { return heap_.empty(); }
  std::size_t top() const { return heap_.front(); }
  Micros top_time() const { return heap_.empty() ? Micros::max() : times_[heap_.front()]; }

  void update(std::size_t instance, Micros next_time) {
    const Micros before = times_[instance];
    if (before == next_time) return;
    times_[instance] = next_time;
    if (next_time < before) {
      sift_up(places_[instance]);
    } else {
      sift_down(places_[instance]);
    }
  }

 private:
  bool is_before(std::uint32_t a, std::uint32_t b) const {
    return times_[a] != times_[b] ? times_[a] < times_[b] : a < b;
  }
  void place(std::size_t position, std::uint32_t instance) {
    heap_[position] = instance;
    places_[instance] = position;
  }
  void sift_up(std::size_t position) {
    const std::uint32_t moving = heap_[position];
    while (position > 0) {
      const std::size_t parent = (position - 1) / 2;
      if (!is_before(moving, heap_[parent])) break;
      place(position, heap_[parent]);
      position = parent;
    }
    place(position, moving);
  }
  void sift_down(std::size_t position) {
    const std::uint32_t moving = heap_[position];
    for (;;) {
      std::size_t child = 2 * position + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && is_before(heap_[child + 1], heap_[child])) ++child;
      if (!is_before(heap_[child], moving)) break;
      place(position, heap_[child]);
      position = child;
    }
    place(position, moving);
  }

  std::vector<Micros> times_;        // by instance
  std::vector<std::size_t> places_;  // by instance: position in heap_
  std::vector<std::uint32_t> heap_;
};

}  // namespace blis::cluster
