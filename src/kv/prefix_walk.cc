#include "kv/prefix_walk.h"

#include "kv/chain.h"

namespace blis::kv {

void PrefixWalk::begin(const KvClient& client, std::span<const BlockId> cached) {
  client_ = client;
  cached_ = cached;
  places_.clear();
  const std::span<const BlockId> held = gpu_.held_blocks(client.id);
  const std::span<const BlockId> known = held.size() > cached.size() ? held : cached;
  first_ = std::ssize(known);
  before_first_.reset();
  if (!known.empty()) {
    if (const request::BlockKey* key = gpu_.pool().key(known.back())) before_first_ = *key;
  }
}

const PrefixWalk::Place* PrefixWalk::at(std::size_t i) {
  if (i < places_.size()) {
    Place& place = places_[i];
    // A reload may have taken its place since.
    if (!place.gpu.is_none() && !gpu_.pool().is_found_by(place.gpu, place.key)) {
      place.gpu = gpu_.pool().find(place.key).value_or(BlockId::none());
      place.copy = cpu_.slot_of(place.key);
    }
    return &place;
  }
  const std::int64_t index = first_ + static_cast<std::int64_t>(i);
  if (index >= client_.input_tokens / gpu_.block_size()) return nullptr;
  const request::BlockKey* previous = before_first_ ? &*before_first_ : nullptr;
  if (i > 0) previous = &places_[i - 1].key;
  Place place{.key = input_key_behind(client_, previous, index), .gpu = {}};
  place.gpu = gpu_.pool().find(place.key).value_or(BlockId::none());
  if (place.gpu.is_none()) {
    place.copy =
        i == 0 ? cpu_.slot_of(place.key) : cpu_.slot_of(place.key, places_[i - 1].copy + 1);
  }
  places_.push_back(place);
  return &places_.back();
}

void PrefixWalk::match_again(std::vector<BlockId>& blocks) {
  guesses_.assign(cached_.begin(), cached_.end());
  guesses_.resize(static_cast<std::size_t>(first_), BlockId::none());
  for (const Place& place : places_) guesses_.push_back(place.gpu);
  gpu_.match_as_guessed(client_.input_keys(), guesses_, blocks);
}

}  // namespace blis::kv
