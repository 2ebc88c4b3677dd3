#include "workload/generation/merge.h"

#include <algorithm>

namespace blis::workload {

ClientMerge::ClientMerge(std::vector<std::unique_ptr<ClientProducer>> producers)
    : producers_(std::move(producers)) {
  heap_.reserve(producers_.size());
  for (std::uint32_t i = 0; i < producers_.size(); ++i) add_head(i);
}

void ClientMerge::add_head(std::uint32_t producer) {
  const std::optional<std::int64_t> arrival_us = producers_[producer]->next_arrival_us();
  if (!arrival_us) {
    producers_[producer].reset();  // its stream is no longer needed
    return;
  }
  heap_.push_back({*arrival_us, producer});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

std::optional<Produced> ClientMerge::pop() {
  if (last_popped_) {
    const std::uint32_t producer = *last_popped_;
    last_popped_.reset();
    add_head(producer);
  }
  if (heap_.empty()) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  const std::uint32_t producer = heap_.back().producer;
  heap_.pop_back();
  last_popped_ = producer;
  return producers_[producer]->take();
}

}  // namespace blis::workload
