// The fleet's index against one set of keys per instance.

#include "gateway/fleet_prefix_index.h"

#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace blis::gateway {
namespace {

using kv::IndexChange;
using request::BlockKey;

BlockKey key(std::uint64_t number) {
  return {.low = number * 0x9e37'79b9'7f4a'7c15, .high = number};
}
InstanceId instance(std::uint32_t number) { return InstanceId(number); }

TEST(FleetPrefixIndex, HoldsNoKeyThatNobodyHas) {
  FleetPrefixIndex index;
  index.apply(instance(0), std::vector<IndexChange>{{key(1), true}, {key(2), true}});
  index.apply(instance(700), std::vector<IndexChange>{{key(1), true}});
  EXPECT_EQ(index.num_keys(), 2U);
  index.apply(instance(0), std::vector<IndexChange>{{key(1), false}, {key(2), false}});
  EXPECT_EQ(index.num_keys(), 1U);
  index.remove(instance(700));
  EXPECT_EQ(index.num_keys(), 0U);
}

TEST(FleetPrefixIndex, CountsOnlyBlocksWithoutAGapBeforeThem) {
  FleetPrefixIndex index;
  index.apply(instance(3), std::vector<IndexChange>{{key(1), true}, {key(3), true}});
  index.apply(instance(1), std::vector<IndexChange>{{key(2), true}, {key(3), true}});
  const std::vector<BlockKey> keys{key(1), key(2), key(3)};
  std::vector<std::int64_t> blocks(4, -1);
  index.leading_blocks(keys, blocks);
  EXPECT_EQ(blocks, (std::vector<std::int64_t>{0, 0, 0, 1}));
  EXPECT_EQ(index.leading_blocks(instance(1), keys), 0);
  EXPECT_EQ(index.leading_blocks(instance(3), keys), 1);
  index.leading_blocks({}, blocks);
  EXPECT_EQ(blocks, (std::vector<std::int64_t>(4, 0)));
}

RC_GTEST_PROP(FleetPrefixIndex, AnswersLikeASetPerInstance, ()) {
  const auto num_instances = *rc::gen::inRange<std::uint32_t>(1, 200);  // more than a word of bits
  const auto num_keys = *rc::gen::inRange<std::uint64_t>(1, 12);
  FleetPrefixIndex index;
  std::vector<absl::flat_hash_set<BlockKey>> sets(num_instances);
  const auto operations = *rc::gen::inRange(0, 400);
  for (int i = 0; i < operations; ++i) {
    const auto who = *rc::gen::inRange<std::uint32_t>(0, num_instances);
    if (*rc::gen::inRange(0, 40) == 0) {
      index.remove(instance(who));
      sets[who].clear();
      continue;
    }
    const BlockKey k = key(*rc::gen::inRange<std::uint64_t>(0, num_keys));
    const bool is_findable = *rc::gen::inRange(0, 3) > 0;
    index.apply(instance(who), std::vector<IndexChange>{{k, is_findable}});
    if (is_findable) {
      sets[who].insert(k);
    } else {
      sets[who].erase(k);
    }
  }
  absl::flat_hash_set<BlockKey> all;
  for (const auto& set : sets) all.insert(set.begin(), set.end());
  RC_ASSERT(index.num_keys() == all.size());

  std::vector<BlockKey> keys;
  for (std::uint64_t k = 0; k < num_keys; ++k) keys.push_back(key(k));
  std::vector<std::int64_t> blocks(num_instances);
  index.leading_blocks(keys, blocks);
  for (std::uint32_t i = 0; i < num_instances; ++i) {
    const auto end =
        std::ranges::find_if_not(keys, [&](const BlockKey& k) { return sets[i].contains(k); });
    RC_ASSERT(blocks[i] == end - keys.begin());
    RC_ASSERT(index.leading_blocks(instance(i), keys) == blocks[i]);
  }
}

}  // namespace
}  // namespace blis::gateway
