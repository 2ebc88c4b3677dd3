// SOURCE spec kv-cache 5.1, 6.5, laws 10, 14, 16.
#include "kv/cpu_tier.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <vector>

namespace blis::kv {
namespace {

using request::BlockKey;
using Keys = std::vector<BlockKey>;

BlockKey key(std::uint64_t n) { return {.low = n, .high = 0}; }

TEST(CpuTier, EvictsTheLeastRecentlyUsed) {
  CpuTier tier(2);
  EXPECT_NE(tier.store(key(1)), CpuTier::kNone);
  EXPECT_NE(tier.store(key(2)), CpuTier::kNone);
  tier.touch(tier.slot_of(key(1)));
  EXPECT_NE(tier.store(key(3)), CpuTier::kNone);
  EXPECT_EQ(tier.idle_keys(), (Keys{key(1), key(3)}));
  EXPECT_EQ(tier.evictions(), 1);
}

TEST(CpuTier, KeepsWhatIsInTransfer) {
  CpuTier tier(2);
  tier.store(key(1));
  tier.pin(tier.slot_of(key(1)));
  ASSERT_EQ(tier.prepare(Keys{key(2)}), 1);
  EXPECT_EQ(tier.lookup(key(1)), CpuLookup::kHit);
  EXPECT_EQ(tier.lookup(key(2)), CpuLookup::kPending);
  EXPECT_EQ(tier.evictable(), 0);
  EXPECT_EQ(tier.store(key(3)), CpuTier::kNone);
  tier.complete(key(2));
  EXPECT_EQ(tier.lookup(key(2)), CpuLookup::kHit);
  EXPECT_NE(tier.store(key(3)), CpuTier::kNone);
  EXPECT_EQ(tier.lookup(key(2)), CpuLookup::kMiss);
  tier.unpin(tier.slot_of(key(1)));
  EXPECT_EQ(tier.idle_keys(), (Keys{key(3), key(1)}));
}

/// 10 places, 8 taken, 7 of them pinned: 2 free and 1 evictable.
CpuTier crowded_tier() {
  CpuTier tier(10);
  for (std::uint64_t n = 0; n < 8; ++n) tier.store(key(n));
  for (std::uint64_t n = 0; n < 7; ++n) tier.pin(tier.slot_of(key(n)));
  return tier;
}

TEST(CpuTier, ReservesAllOrNothing) {
  CpuTier granting = crowded_tier();
  EXPECT_EQ(granting.prepare(Keys{key(20), key(21), key(22)}), 3);
  EXPECT_EQ(granting.used(), 10);
  CpuTier refusing = crowded_tier();
  EXPECT_EQ(refusing.prepare(Keys{key(20), key(21), key(22), key(23)}), 0);
  EXPECT_EQ(refusing.used(), 8);
}

TEST(CpuTier, IgnoresTransfersThatDoNotFitTheState) {
  CpuTier tier(2);
  tier.complete(key(9));
  tier.pin(tier.slot_of(key(9)));
  tier.unpin(tier.slot_of(key(9)));
  tier.store(key(1));
  tier.unpin(tier.slot_of(key(1)));
  tier.complete(key(1));
  EXPECT_EQ(tier.transfers(key(1)), 0);
  ASSERT_EQ(tier.prepare(Keys{key(1), key(2)}), 1);  // only what is absent
  tier.pin(tier.slot_of(key(2)));
  EXPECT_EQ(tier.transfers(key(2)), -1);
}

// Laws 14 and 16 against a model of maps and lists.
RC_GTEST_PROP(CpuTierLaws, ActsLikeTheListModel, ()) {
  const auto capacity = *rc::gen::inRange<std::int64_t>(1, 6);
  const auto steps = *rc::gen::inRange(0, 80);
  CpuTier tier(capacity);
  std::map<std::uint64_t, int> state;
  std::list<std::uint64_t> idle;
  const auto size = [&] { return static_cast<std::int64_t>(state.size()); };
  const auto evict = [&] {
    state.erase(idle.front());
    idle.pop_front();
  };
  for (int i = 0; i < steps; ++i) {
    const auto k = *rc::gen::inRange<std::uint64_t>(0, 9);
    const bool present = state.contains(k);
    switch (*rc::gen::inRange(0, 6)) {
      case 0: {
        bool ok = true;
        if (present) {
          if (state[k] == 0) idle.splice(idle.end(), idle, std::ranges::find(idle, k));
        } else if (size() >= capacity && idle.empty()) {
          ok = false;
        } else {
          if (size() >= capacity) evict();
          state[k] = 0;
          idle.push_back(k);
        }
        if (present) {
          tier.touch(tier.slot_of(key(k)));
        } else {
          RC_ASSERT((tier.store(key(k)) != CpuTier::kNone) == ok);
        }
        break;
      }
      case 1: {
        const std::vector<std::uint64_t> run{k, k + 1, k + 2};
        std::vector<std::uint64_t> fresh;
        for (const std::uint64_t n : run) {
          if (!state.contains(n)) fresh.push_back(n);
        }
        const std::int64_t free = capacity - size();
        const bool ok =
            !fresh.empty() && std::ssize(fresh) <= free + static_cast<std::int64_t>(idle.size());
        if (ok) {
          for (std::int64_t e = free; e < std::ssize(fresh); ++e) evict();
          for (const std::uint64_t n : fresh) state[n] = -1;
        }
        RC_ASSERT(tier.prepare(Keys{key(k), key(k + 1), key(k + 2)}) ==
                  (ok ? std::ssize(fresh) : 0));
        break;
      }
      case 2:
        tier.complete(key(k));
        if (present && state[k] == -1) {
          state[k] = 0;
          idle.push_back(k);
        }
        break;
      case 3:
        tier.pin(tier.slot_of(key(k)));
        if (present && state[k] >= 0 && state[k]++ == 0) idle.remove(k);
        break;
      case 4:
        tier.unpin(tier.slot_of(key(k)));
        if (present && state[k] >= 1 && --state[k] == 0) idle.push_back(k);
        break;
      default:
        tier.touch(tier.slot_of(key(k)));
        if (present && state[k] == 0) idle.splice(idle.end(), idle, std::ranges::find(idle, k));
        break;
    }
    Keys expected;
    for (const std::uint64_t n : idle) expected.push_back(key(n));
    RC_ASSERT(tier.idle_keys() == expected);
    RC_ASSERT(tier.evictable() == std::ssize(expected));
    RC_ASSERT(tier.used() == size());
    RC_ASSERT(tier.used() <= capacity);
    for (const auto& [n, transfers] : state) RC_ASSERT(tier.transfers(key(n)) == transfers);
  }
}

}  // namespace
}  // namespace blis::kv
