#include "gateway/eviction_tracker.h"

#include <utility>

namespace blis::gateway {

std::size_t EvictionTracker::NameHash::operator()(const request::RequestName& name) const {
  return absl::HashOf(name.number, name.session.value(), name.round, static_cast<int>(name.part));
}

void EvictionTracker::track(const EvictionCandidate& candidate) {
  const std::uint64_t serial = next_serial_++;
  heap_.push_back({candidate, serial});
  places_[candidate.name] = {heap_.size() - 1, serial};
  sift_up(heap_.size() - 1);
}

std::optional<EvictionCandidate> EvictionTracker::pop() {
  if (heap_.empty()) return std::nullopt;
  const std::size_t last = heap_.size() - 1;
  swap(0, last);
  sift_down(0, last);
  return take_last().candidate;
}

void EvictionTracker::remove(const request::RequestName& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return;
  const std::size_t i = found->second.index;
  const std::size_t last = heap_.size() - 1;
  if (i != last) {
    swap(i, last);
    if (!sift_down(i, last)) sift_up(i);
  }
  take_last();
}

bool EvictionTracker::less(std::size_t a, std::size_t b) const {
  const EvictionCandidate& x = heap_[a].candidate;
  const EvictionCandidate& y = heap_[b].candidate;
  return x.priority != y.priority ? x.priority < y.priority : x.dispatched > y.dispatched;
}

void EvictionTracker::swap(std::size_t a, std::size_t b) {
  std::swap(heap_[a], heap_[b]);
  for (const std::size_t i : {a, b}) {
    const auto found = places_.find(heap_[i].candidate.name);
    if (found != places_.end() && found->second.serial == heap_[i].serial) found->second.index = i;
  }
}

void EvictionTracker::sift_up(std::size_t j) {
  while (j > 0) {
    const std::size_t parent = (j - 1) / 2;
    if (!less(j, parent)) break;
    swap(parent, j);
    j = parent;
  }
}

// True if the element moved. Works on the first n elements.
bool EvictionTracker::sift_down(std::size_t start, std::size_t n) {
  std::size_t i = start;
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= n) break;
    if (child + 1 < n && less(child + 1, child)) ++child;
    if (!less(child, i)) break;
    swap(i, child);
    i = child;
  }
  return i > start;
}

EvictionTracker::Node EvictionTracker::take_last() {
  const Node node = heap_.back();
  heap_.pop_back();
  const auto found = places_.find(node.candidate.name);
  if (found != places_.end() && found->second.serial == node.serial) places_.erase(found);
  return node;
}

}  // namespace blis::gateway
