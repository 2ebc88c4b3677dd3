#include "live/serve/kv_events.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"

namespace blis::live {
namespace {

using nlohmann::json;

constexpr const char* kMedium = "GPU";
constexpr int kRank = 0;  // each instance has a stream of its own, so it is its own only rank

std::string encode(json events, double epoch_seconds) {
  const json batch = json::array({epoch_seconds, std::move(events), kRank});
  std::string text;
  json::to_msgpack(batch, text);
  return text;
}

}  // namespace

// -----------------------------------------------------------------------------------------------
// KnownBlocks

void KnownBlocks::add(Ticket ticket, std::shared_ptr<const request::TokenKeys> keys,
                      TokenIds tokens) {
  BLIS_CHECK(tokens.size() >= keys->sequence.size() * static_cast<std::size_t>(keys->block_size),
             "{} tokens for {} blocks", tokens.size(), keys->sequence.size());
  const auto sequence =
      std::make_shared<const Sequence>(Sequence{std::move(keys), std::move(tokens)});
  for (std::uint32_t i = 0; const request::BlockKey& key : sequence->keys->sequence) {
    Place& place = places_[key];
    if (place.holders++ == 0) {
      place.sequence = sequence;
      place.index = i;
    }
    ++i;
  }
  sequences_[ticket] = sequence;
}

void KnownBlocks::remove(Ticket ticket) {
  const auto node = sequences_.extract(ticket);
  if (node.empty()) return;
  for (const request::BlockKey& key : node.mapped()->keys->sequence) {
    const auto place = places_.find(key);
    if (--place->second.holders == 0) places_.erase(place);
  }
}

std::optional<KnownBlocks::Block> KnownBlocks::find(const request::BlockKey& key) const {
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  const auto& [sequence, index, holders] = found->second;
  const auto size = static_cast<std::size_t>(sequence->keys->block_size);
  return Block{.parent = index == 0 ? nullptr : &sequence->keys->sequence[index - 1],
               .tokens = std::span(sequence->tokens).subspan(index * size, size)};
}

// -----------------------------------------------------------------------------------------------
// KvEventStream

std::string KvEventStream::batch(std::span<const kv::IndexChange> changes, const KnownBlocks& known,
                                 double epoch_seconds) {
  json events = json::array();
  const request::BlockKey* last_stored = nullptr;  // of the event that is being made
  bool is_removing = false;
  for (const kv::IndexChange& change : changes) {
    if (!change.is_findable) {
      if (told_.erase(change.key) == 0) continue;
      if (!is_removing) events.push_back({"BlockRemoved", json::array(), kMedium});
      events.back()[1].push_back(change.key.low);
      is_removing = true;
      last_stored = nullptr;
      continue;
    }
    const std::optional<KnownBlocks::Block> block = known.find(change.key);
    if (!block) continue;
    const bool goes_on =
        last_stored != nullptr && block->parent != nullptr && *block->parent == *last_stored;
    if (!goes_on) {
      const json parent = block->parent == nullptr ? json() : json(block->parent->low);
      events.push_back({"BlockStored", json::array(), parent, json::array(), block_size_tokens_,
                        json(), kMedium});
    }
    events.back()[1].push_back(change.key.low);
    for (const std::int32_t token : block->tokens) events.back()[3].push_back(token);
    told_.insert(change.key);
    last_stored = &change.key;
    is_removing = false;
  }
  return events.empty() ? std::string() : encode(std::move(events), epoch_seconds);
}

std::string KvEventStream::clear(double epoch_seconds) {
  if (told_.empty()) return {};
  told_.clear();
  return encode(json::array({json::array({"AllBlocksCleared"})}), epoch_seconds);
}

}  // namespace blis::live
