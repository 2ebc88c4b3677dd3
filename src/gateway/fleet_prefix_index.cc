#include "gateway/fleet_prefix_index.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace blis::gateway {
bool FleetPrefixIndex::has(Holders holders, std::size_t instance) const {
  if (holders.is_set == 0) return holders.number == instance;
  return instance < words_per_set_ * kBits &&
         (set(holders.number)[instance / kBits] >> (instance % kBits) & 1) != 0;
}

void FleetPrefixIndex::apply(InstanceId instance, std::span<const kv::IndexChange> changes) {
  const std::uint32_t id = instance.value();
  for (const kv::IndexChange& change : changes) {
    if (change.is_findable) {
      add(change.key, id);
      continue;
    }
    const auto found = holders_.find(change.key);
    if (found != holders_.end() && !drop(found->second, id)) holders_.erase(found);
  }
}

void FleetPrefixIndex::remove(InstanceId instance) {
  absl::erase_if(holders_, [&](auto& entry) { return !drop(entry.second, instance.value()); });
}

void FleetPrefixIndex::add(const request::BlockKey& key, std::uint32_t instance) {
  const auto [entry, is_new] = holders_.try_emplace(key, sole(instance));
  Holders& holders = entry->second;
  if (is_new || has(holders, instance)) return;
  if (holders.is_set == 0) {
    const std::uint32_t first = holders.number;
    if (std::max(first, instance) >= words_per_set_ * kBits) {
      widen_sets(std::bit_ceil(std::max(first, instance) / kBits + 1));
    }
    holders = {.is_set = 1, .number = new_set() & kNumberMask};
    set(holders.number)[first / kBits] |= Word{1} << (first % kBits);
    set_sizes_[holders.number] = 1;
  } else if (instance >= words_per_set_ * kBits) {
    widen_sets(std::bit_ceil(instance / kBits + 1));
  }
  set(holders.number)[instance / kBits] |= Word{1} << (instance % kBits);
  ++set_sizes_[holders.number];
}

bool FleetPrefixIndex::drop(Holders& holders, std::uint32_t instance) {
  if (!has(holders, instance)) return true;
  if (holders.is_set == 0) return false;
  const std::uint32_t number = holders.number;
  const std::span<Word> members = set(number);
  members[instance / kBits] &= ~(Word{1} << (instance % kBits));
  if (--set_sizes_[number] > 1) return true;
  // One is left: it needs no set.
  const auto word = std::ranges::find_if(members, [](Word w) { return w != 0; });
  const auto left = static_cast<std::size_t>(word - members.begin()) * kBits +
                    static_cast<std::size_t>(std::countr_zero(*word));
  holders = sole(static_cast<std::uint32_t>(left));
  *word = 0;
  unused_sets_.push_back(number);
  return true;
}

std::uint32_t FleetPrefixIndex::new_set() {
  if (!unused_sets_.empty()) {
    const std::uint32_t number = unused_sets_.back();
    unused_sets_.pop_back();
    return number;
  }
  words_.resize(words_.size() + words_per_set_);
  set_sizes_.push_back(0);
  return static_cast<std::uint32_t>(set_sizes_.size() - 1);
}

void FleetPrefixIndex::widen_sets(std::size_t words_per_set) {
  std::vector<Word> wider(set_sizes_.size() * words_per_set);
  for (std::uint32_t i = 0; i < set_sizes_.size(); ++i) {
    std::ranges::copy(set(i), wider.begin() + static_cast<std::ptrdiff_t>(i * words_per_set));
  }
  words_ = std::move(wider);
  words_per_set_ = words_per_set;
}

const FleetPrefixIndex::Holders* FleetPrefixIndex::holders_of(
    std::span<const request::BlockKey> keys, std::size_t i) const {
  if (i + kLookAhead < keys.size()) holders_.prefetch(keys[i + kLookAhead]);
  const auto found = holders_.find(keys[i]);
  return found == holders_.end() ? nullptr : &found->second;
}

std::int64_t FleetPrefixIndex::leading_blocks(InstanceId instance,
                                              std::span<const request::BlockKey> keys) const {
  std::size_t depth = 0;
  for (; depth < keys.size(); ++depth) {
    const Holders* holders = holders_of(keys, depth);
    if (holders == nullptr || !has(*holders, instance.index())) break;
  }
  return static_cast<std::int64_t>(depth);
}

void FleetPrefixIndex::leading_blocks(std::span<const request::BlockKey> keys,
                                      std::span<std::int64_t> blocks) const {
  std::ranges::fill(blocks, 0);
  const Holders* first = keys.empty() ? nullptr : holders_of(keys, 0);
  if (first == nullptr) return;
  if (first->is_set == 0) {
    const std::uint32_t sole = first->number;
    blocks[sole] = 1 + leading_blocks(InstanceId(sole), keys.subspan(1));
    return;
  }
  const std::span<const Word> holders = set(first->number);
  current_.assign(holders.begin(), holders.end());
  std::size_t depth = 1;
  const auto leave = [&blocks, &depth](Word who, std::size_t word) {
    for (; who != 0; who &= who - 1) {
      blocks[word * kBits + static_cast<std::size_t>(std::countr_zero(who))] =
          static_cast<std::int64_t>(depth);
    }
  };
  for (bool goes_on = true; goes_on && depth < keys.size(); ++depth) {
    const Holders* found = holders_of(keys, depth);
    if (found == nullptr) break;
    const Holders next = *found;
    goes_on = false;
    for (std::size_t w = 0; w < current_.size(); ++w) {
      Word stay = 0;
      if (next.is_set != 0) {
        stay = current_[w] & set(next.number)[w];
      } else if (next.number / kBits == w) {
        stay = current_[w] & Word{1} << (next.number % kBits);
      }
      leave(current_[w] & ~stay, w);
      current_[w] = stay;
      goes_on |= stay != 0;
    }
  }
  for (std::size_t w = 0; w < current_.size(); ++w) leave(current_[w], w);
}

}  // namespace blis::gateway
