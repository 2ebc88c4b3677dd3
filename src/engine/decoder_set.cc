#include "engine/decoder_set.h"

#include <algorithm>
#include <utility>

namespace blis::engine {

std::optional<std::uint32_t> DecoderSet::find(RequestId id) const {
  const auto found = slots_.find(id.value());
  if (found == slots_.end()) return std::nullopt;
  return found->second;
}

// Requests nearly always join at the end; a chunked prefill that outlasts later, shorter ones does
// not.
void DecoderSet::insert_by_order(std::vector<std::uint32_t>& slots, std::uint32_t slot) {
  const std::uint64_t order = decoders_[slot].order;
  auto place = slots.end();
  while (place != slots.begin() && decoders_[*(place - 1)].order > order) --place;
  slots.insert(place, slot);
}

std::vector<std::uint32_t>& DecoderSet::bucket_of(std::uint32_t slot) {
  auto& buckets = decoders_[slot].opens_private ? private_buckets_ : buckets_;
  return buckets[static_cast<std::size_t>(fills_at_[slot] % block_size_)];
}

void DecoderSet::append_adapters(std::vector<Symbol>& adapters) const {
  for (const AdapterUse& use : adapters_) adapters.push_back(use.adapter);
}

void DecoderSet::count_adapter(Symbol adapter, std::int64_t change) {
  if (adapter == SymbolTable::empty()) return;
  auto use = std::ranges::find(adapters_, adapter, &AdapterUse::adapter);
  if (use == adapters_.end()) use = adapters_.insert(use, {adapter});
  use->decoders += change;
  if (use->decoders == 0) adapters_.erase(use);
}

std::uint32_t DecoderSet::add(Decoder decoder, std::int64_t fills_at) {
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(decoders_.size());
    decoders_.emplace_back();
    fills_at_.emplace_back();
    serials_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  context_base_ += decoder.synced_progress - decoder.synced_at;
  count_adapter(decoder.adapter, 1);
  serials_[slot] = next_serial_++;
  ends_.push_back({decoder.ends_at, serials_[slot], slot});
  std::push_heap(ends_.begin(), ends_.end(), is_later);
  slots_[decoder.id.value()] = slot;
  decoders_[slot] = std::move(decoder);
  fills_at_[slot] = fills_at;
  insert_by_order(by_order_, slot);
  insert_by_order(bucket_of(slot), slot);
  return slot;
}

void DecoderSet::remove(std::uint32_t slot) {
  const Decoder& decoder = decoders_[slot];
  context_base_ -= decoder.synced_progress - decoder.synced_at;
  count_adapter(decoder.adapter, -1);
  slots_.erase(decoder.id.value());
  std::vector<std::uint32_t>& bucket = bucket_of(slot);
  bucket.erase(std::find(bucket.begin(), bucket.end(), slot));
  by_order_.erase(std::find(by_order_.begin(), by_order_.end(), slot));
  serials_[slot] = 0;
  free_slots_.push_back(slot);
}

void DecoderSet::pop_ended(std::int64_t log_end, std::vector<std::uint32_t>& slots) {
  while (!ends_.empty() && ends_.front().at <= log_end) {
    const End end = ends_.front();
    std::pop_heap(ends_.begin(), ends_.end(), is_later);
    ends_.pop_back();
    if (serials_[end.slot] == end.serial) slots.push_back(end.slot);
  }
}

}  // namespace blis::engine
