#include "engine/adapter_cache.h"

#include <algorithm>

#include "base/check.h"

namespace blis::engine {

std::size_t AdapterCache::find(Symbol adapter) const {
  return static_cast<std::size_t>(std::ranges::find(resident_, adapter) - resident_.begin());
}

void AdapterCache::start_load(Symbol adapter, Micros now) {
  BLIS_CHECK(!loading_, "engine: an adapter load starts while another one runs");
  const bool is_full = static_cast<std::int64_t>(resident_.size()) >= settings_->capacity;
  if (is_full && !evict_one()) return;
  const auto rank = settings_->ranks.find(adapter);
  loading_ = adapter;
  load_ends_at_ = now + settings_->cost->load_time(rank == settings_->ranks.end()
                                                       ? std::nullopt
                                                       : std::optional(rank->second));
}

bool AdapterCache::evict_one() {
  for (std::size_t i = 0; i < resident_.size(); ++i) {
    if (pins_[i] > 0) continue;
    ++counts_[resident_[i]].evictions;
    resident_.erase(resident_.begin() + static_cast<std::ptrdiff_t>(i));
    pins_.erase(pins_.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

void AdapterCache::finish_load() {
  BLIS_CHECK(loading_ && static_cast<std::int64_t>(resident_.size()) < settings_->capacity,
             "engine: an adapter load ends without a slot");
  resident_.push_back(*loading_);
  pins_.push_back(0);
  ++counts_[*loading_].loads;
  loading_.reset();
}

void AdapterCache::touch(Symbol adapter) {
  const std::size_t i = find(adapter);
  if (i == resident_.size()) return;
  const auto at = static_cast<std::ptrdiff_t>(i);
  std::rotate(resident_.begin() + at, resident_.begin() + at + 1, resident_.end());
  std::rotate(pins_.begin() + at, pins_.begin() + at + 1, pins_.end());
}

void AdapterCache::pin(Symbol adapter) {
  const std::size_t i = find(adapter);
  if (i != resident_.size()) ++pins_[i];
}

void AdapterCache::unpin(Symbol adapter) {
  const std::size_t i = find(adapter);
  if (i != resident_.size() && pins_[i] > 0) --pins_[i];
}

double AdapterCache::step_overhead_factor(std::span<const Symbol> adapters) const {
  std::vector<Symbol> distinct(adapters.begin(), adapters.end());
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::int64_t declared = 0;
  std::int64_t largest_rank = 0;
  for (const Symbol adapter : distinct) {
    const auto rank = settings_->ranks.find(adapter);
    if (rank == settings_->ranks.end()) continue;
    ++declared;
    largest_rank = std::max(largest_rank, rank->second);
  }
  return settings_->cost->step_overhead_factor(declared, largest_rank);
}

}  // namespace blis::engine
