#include "kv/running_copies.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::kv {
namespace {

constexpr std::int64_t kMostLiteralSteps = 1023;
constexpr std::int64_t kStepsThatPay = 64;  // held so long, the next attempt may come soon
/// A list that once held a very long context does not keep its memory for the next request.
constexpr std::size_t kKeptCopies = 4096;

}  // namespace

std::size_t RunningCopies::limit(const KvClient& client) const {
  // A partial last block counts as full for prompt_only; it has no key.
  const std::size_t held = gpu_.held_blocks(client.id).size();
  if (!prompt_only_) return held;
  return std::min(held, static_cast<std::size_t>(client.input_tokens / gpu_.block_size()));
}

CpuTier::Slot RunningCopies::slot_of(BlockId block, const request::BlockKey& key) {
  if (block.index() < copy_of_.size() && cpu_.is_at(copy_of_[block.index()], key)) {
    return copy_of_[block.index()];
  }
  const CpuTier::Slot slot = cpu_.slot_of(key);
  if (slot != CpuTier::kNone) note(block, slot);
  return slot;
}

void RunningCopies::mirror(std::span<const KvClient> batch, Store store) {
  if (is_holding_) {
    changed_.clear();
    for (const KvClient& client : batch) {
      const auto runner = runners_.find(client.id.value());
      if (runner == runners_.end() || runner->second.mirrored < limit(client)) {
        changed_.push_back(client);
      }
    }
    if (mirror_changed(changed_, store)) return;
    settle();
  }
  mirror_literally(batch, store);
  if (literal_steps_left_ > 0) {
    --literal_steps_left_;
  } else if (has_all_copies(batch)) {
    start_holding(batch);
  } else {
    postpone_holding();
  }
}

/// No copy was refused for lack of room, or evicted by a later one.
bool RunningCopies::has_all_copies(std::span<const KvClient> batch) const {
  return std::ranges::all_of(batch, [this](const KvClient& client) {
    return std::ranges::all_of(gpu_.held_blocks(client.id).first(limit(client)),
                               [this](BlockId block) {
                                 const request::BlockKey* key = gpu_.pool().key(block);
                                 return key == nullptr || cpu_.lookup(*key) != CpuLookup::kMiss;
                               });
  });
}

void RunningCopies::mirror_literally(std::span<const KvClient> batch, Store store) {
  for (const KvClient& client : batch) {
    for (const BlockId block : gpu_.held_blocks(client.id).first(limit(client))) {
      const request::BlockKey* key = gpu_.pool().key(block);
      if (key == nullptr) continue;
      const CpuTier::Slot slot = slot_of(block, *key);
      if (slot != CpuTier::kNone) {
        cpu_.touch(slot);
      } else {
        note(block, store(*key));
      }
    }
  }
}

// Every new block takes at most one of the copies that are certainly older than all held ones:
// because it is one of them, or because one is evicted for it.
bool RunningCopies::mirror_changed(std::span<const KvClient> changed, Store store) {
  if (!is_holding_) return false;
  std::int64_t new_blocks = 0;
  for (const KvClient& client : changed) {
    const auto runner = runners_.find(client.id.value());
    const std::size_t mirrored = runner == runners_.end() ? 0 : runner->second.mirrored;
    new_blocks += static_cast<std::int64_t>(limit(client) - mirrored);
  }
  if (new_blocks > cpu_.room_in_old()) return false;
  list_left();
  for (const KvClient& client : changed) mirror_new_blocks(client, store);
  cpu_.mark_list();
  if (++steps_held_ == kStepsThatPay) literal_steps_next_ = 1;
  return true;
}

void RunningCopies::mirror_new_blocks(const KvClient& client, Store store) {
  const auto [entry, is_new] = runners_.try_emplace(client.id.value());
  Runner& runner = entry->second;
  const std::span<const BlockId> held = gpu_.held_blocks(client.id);
  const std::size_t end = limit(client);
  if (is_new) {
    runner.order = next_order_++;
    if (!unused_lists_.empty()) {
      runner.copies = std::move(unused_lists_.back());
      unused_lists_.pop_back();
    }
    runner.copies.reserve(end);
  }
  for (; runner.mirrored < end; ++runner.mirrored) {
    const BlockId block = held[runner.mirrored];
    const request::BlockKey* key = gpu_.pool().key(block);
    if (key == nullptr) {
      if (runner.mirrored + 1 == held.size()) return;  // is still being filled
      continue;
    }
    CpuTier::Slot slot = slot_of(block, *key);
    if (slot == CpuTier::kNone) {
      slot = store(*key);
      note(block, slot);
    }
    BLIS_CHECK(slot != CpuTier::kNone, "kv-cache 6.7: no room for a copy beside old ones");
    cpu_.hold(slot);
    runner.copies.push_back(slot);
  }
}

/// Right after a literal step: everything that it touched is held instead.
void RunningCopies::start_holding(std::span<const KvClient> batch) {
  is_holding_ = true;
  steps_held_ = 0;
  const auto has_it = [](const request::BlockKey&) { return CpuTier::kNone; };
  for (const KvClient& client : batch) mirror_new_blocks(client, has_it);
  cpu_.mark_list();
}

void RunningCopies::postpone_holding() {
  literal_steps_left_ = literal_steps_next_;
  literal_steps_next_ = std::min(2 * literal_steps_next_ + 1, kMostLiteralSteps);
}

void RunningCopies::leave(RequestId request) {
  if (!is_holding_) return;
  const auto found = runners_.find(request.value());
  if (found == runners_.end()) return;
  for (const CpuTier::Slot slot : found->second.copies) cpu_.let_go(slot);
  left_.push_back(std::move(found->second));
  runners_.erase(found);
}

/// Gives the copies of requests that left their place: where the last step would have put them.
void RunningCopies::list_left() {
  std::ranges::sort(left_, {}, &Runner::order);
  for (const Runner& runner : left_) {
    for (const CpuTier::Slot slot : runner.copies) {
      if (cpu_.is_idle(slot) && !cpu_.is_held(slot) && !cpu_.is_recent(slot)) {
        cpu_.list_before_recent(slot);
      }
    }
  }
  forget_left();
}

void RunningCopies::forget_left() {
  for (Runner& runner : left_) {
    if (runner.copies.capacity() > kKeptCopies) continue;
    runner.copies.clear();
    unused_lists_.push_back(std::move(runner.copies));
  }
  left_.clear();
}

/// Puts the list into its literal order; nothing is held any more.
void RunningCopies::settle() {
  const std::vector<CpuTier::Slot> recent = cpu_.take_recent();
  const absl::flat_hash_set<CpuTier::Slot> is_recent(recent.begin(), recent.end());
  cpu_.stop_marking();
  for (auto& [id, runner] : runners_) {
    for (const CpuTier::Slot slot : runner.copies) cpu_.let_go(slot);
    left_.push_back(std::move(runner));
  }
  runners_.clear();
  std::ranges::sort(left_, {}, &Runner::order);
  for (const Runner& runner : left_) {
    for (const CpuTier::Slot slot : runner.copies) {
      if (cpu_.is_idle(slot) && !is_recent.contains(slot)) cpu_.move_to_end(slot);
    }
  }
  for (const CpuTier::Slot slot : recent) cpu_.move_to_end(slot);
  forget_left();
  is_holding_ = false;
  postpone_holding();
}

}  // namespace blis::kv
