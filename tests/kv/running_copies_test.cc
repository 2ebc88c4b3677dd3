// Holding the copies of running requests leaves the CPU tier as touching all of them after every
// step would.

#include "kv/running_copies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "kv/cpu_tier.h"
#include "kv/single_tier_cache.h"
#include "testing/draw.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::Draw;
using ::blis::testing::KvRequest;
using ::blis::testing::Tokens;

constexpr std::int64_t kBlockSize = 2;

/// One GPU tier over two CPU tiers that see the same: one literally, one through RunningCopies.
class TwoTiers {
 public:
  explicit TwoTiers(Draw draw)
      : draw_(draw),
        prompt_only_(draw_.one_in(2)),
        gpu_(200, kBlockSize),
        literal_(capacity(draw_)),
        held_(literal_.capacity()),
        copies_(gpu_, held_, prompt_only_) {}

  void act() {
    switch (draw_.between(0, 9)) {
      case 0:
      case 1:
        return admit();
      case 2:
        return leave();
      case 3:
        return finish_transfer();
      case 4:
        return start_read();
      case 5:
        return touch();
      default:
        return step();
    }
  }

  void expect_same_copies() const {
    ASSERT_EQ(held_.used(), literal_.used());
    ASSERT_EQ(held_.evictable(), literal_.evictable());
    ASSERT_EQ(held_.evictions(), literal_.evictions());
    for (const request::BlockKey& key : seen_) ASSERT_EQ(held_.lookup(key), literal_.lookup(key));
  }

  void expect_same_order() {
    copies_.reserve(1'000'000);
    ASSERT_EQ(held_.idle_keys(), literal_.idle_keys());
  }

 private:
  static std::int64_t capacity(Draw& draw) {
    return draw.one_in(2) ? draw.between(1, 30) : draw.between(30, 150);
  }

  void admit() {
    Tokens input;
    const std::int64_t input_tokens = draw_.between(1, 14);
    for (std::int64_t i = 0; i < input_tokens; ++i) {
      input.push_back(static_cast<std::int32_t>(draw_.between(0, 1)));
    }
    const std::uint32_t id = next_id_++;
    KvRequest r(id, kBlockSize, input, Tokens(30, static_cast<std::int32_t>(id)));
    std::vector<BlockId> cached;
    gpu_.match(r.client().input_keys(), cached);
    const std::int64_t start = kBlockSize * std::ssize(cached);
    if (!gpu_.allocate(r.client(), start, input_tokens, cached)) return;
    r.set_progress(input_tokens);
    batch_.push_back(std::move(r));
    changed_.push_back(batch_.back().id());
  }

  void leave() {
    if (batch_.empty()) return;
    const auto leaver =
        batch_.begin() + static_cast<std::ptrdiff_t>(draw_.between(0, std::ssize(batch_) - 1));
    copies_.leave(leaver->id());
    gpu_.release(leaver->id());
    batch_.erase(leaver);
  }

  CpuTier::Slot store(CpuTier& cpu, const request::BlockKey& key) {
    const CpuTier::Slot slot = cpu.store(key);
    // Some are written to storage.
    if (slot == CpuTier::kNone || key.low % 3 != 0) return slot;
    cpu.pin(slot);
    if (&cpu == &literal_) writes_.push_back(key);
    return slot;
  }

  void step() {
    for (KvRequest& r : batch_) {
      if (!draw_.one_in(3) || r.progress() + 1 >= r.client().input_tokens + 30) continue;
      if (!gpu_.allocate(r.client(), r.progress(), r.progress() + 1, {})) continue;
      r.set_progress(r.progress() + 1);
      changed_.push_back(r.id());
    }
    std::vector<KvClient> batch;
    std::vector<KvClient> changed;
    for (const KvRequest& r : batch_) {
      batch.push_back(r.client());
      if (std::ranges::count(changed_, r.id()) > 0) changed.push_back(r.client());
      for (const request::BlockKey& key : r.client().keys->sequence) seen_.push_back(key);
    }
    changed_.clear();
    std::ranges::sort(seen_, {}, &request::BlockKey::low);
    seen_.erase(std::ranges::unique(seen_).begin(), seen_.end());

    for (const KvClient& client : batch) {
      std::span<const BlockId> blocks = gpu_.held_blocks(client.id);
      if (prompt_only_) {
        blocks = blocks.first(
            std::min(blocks.size(), static_cast<std::size_t>(client.input_tokens / kBlockSize)));
      }
      for (const BlockId block : blocks) {
        const request::BlockKey* key = gpu_.pool().key(block);
        if (key == nullptr) continue;
        if (const CpuTier::Slot slot = literal_.slot_of(*key); slot != CpuTier::kNone) {
          literal_.touch(slot);
        } else {
          store(literal_, *key);
        }
      }
    }
    const auto store_held = [this](const request::BlockKey& key) { return store(held_, key); };
    if (draw_.one_in(2) && copies_.mirror_changed(changed, store_held)) return;
    copies_.mirror(batch, store_held);
  }

  void finish_transfer() {
    if (!writes_.empty() && draw_.one_in(2)) {
      literal_.unpin(literal_.slot_of(writes_.front()));
      held_.unpin(held_.slot_of(writes_.front()));
      writes_.pop_front();
    } else if (!reads_.empty()) {
      literal_.complete(reads_.front());
      held_.complete(reads_.front());
      reads_.pop_front();
    }
  }

  void start_read() {
    if (seen_.empty()) return;
    std::vector<request::BlockKey> run;
    for (std::int64_t i = draw_.between(1, 4); i > 0; --i) {
      const request::BlockKey& key =
          seen_[static_cast<std::size_t>(draw_.between(0, std::ssize(seen_) - 1))];
      if (std::ranges::find(run, key) == run.end()) run.push_back(key);
    }
    copies_.reserve(std::ssize(run));
    const std::int64_t granted = literal_.prepare(run);
    ASSERT_EQ(held_.prepare(run), granted);
    if (granted > 0) reads_.insert(reads_.end(), run.begin(), run.end());
  }

  void touch() {
    if (seen_.empty()) return;
    const request::BlockKey& key =
        seen_[static_cast<std::size_t>(draw_.between(0, std::ssize(seen_) - 1))];
    literal_.touch(literal_.slot_of(key));
    held_.touch(held_.slot_of(key));
  }

  Draw draw_;
  bool prompt_only_;
  SingleTierCache gpu_;
  CpuTier literal_;
  CpuTier held_;
  RunningCopies copies_;
  std::uint32_t next_id_ = 0;
  std::deque<KvRequest> batch_;
  std::vector<RequestId> changed_;
  std::vector<request::BlockKey> seen_;
  std::deque<request::BlockKey> writes_;
  std::deque<request::BlockKey> reads_;
};

TEST(RunningCopies, LeaveTheTierAsTouchingAllOfThemWould) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    TwoTiers tiers{Draw(seed)};
    Draw looks(seed + 1);
    for (int i = 0; i < 120; ++i) {
      tiers.act();
      tiers.expect_same_copies();
      if (looks.one_in(60)) tiers.expect_same_order();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace blis::kv
