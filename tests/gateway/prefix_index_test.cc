// The gateway's memory of prefixes: private blocks take room as if each had a key of its own.

#include "gateway/prefix_index.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace blis::gateway {
namespace {

using Keys = std::vector<request::BlockKey>;

/// `shared` keys of the chain of one group, then keys that nobody else has.
Keys keys_of(std::uint64_t group, std::size_t shared, std::size_t blocks, std::uint64_t& next_own) {
  Keys keys;
  for (std::uint64_t i = 0; i < shared; ++i) keys.push_back({group * 1000 + i, 1});
  while (keys.size() < blocks) keys.push_back({next_own++, 2});
  return keys;
}

RC_GTEST_PROP(PrefixIndex, PrivateBlocksTakeTheRoomOfKeys, ()) {
  constexpr std::size_t kCapacity = 20;
  PrefixIndex with_keys(kCapacity), with_private(kCapacity);
  const InstanceId instance(std::uint32_t{0});
  std::uint64_t next_own = 0;
  const int records = *rc::gen::inRange(1, 60);
  for (int i = 0; i < records; ++i) {
    const auto group = *rc::gen::inRange<std::uint64_t>(0, 4);
    const auto shared = *rc::gen::inRange<std::size_t>(0, 6);
    const auto blocks = shared + *rc::gen::inRange<std::size_t>(0, 30);
    const Keys keys = keys_of(group, shared, blocks, next_own);
    with_keys.record(instance, keys, std::ssize(keys));
    with_private.record(instance, std::span(keys).first(shared), std::ssize(keys));
    for (std::uint64_t g = 0; g < 4; ++g) {
      std::uint64_t unused = 0;
      const Keys asked = keys_of(g, 6, 6, unused);
      RC_ASSERT(with_private.match(instance, asked) == with_keys.match(instance, asked));
    }
  }
}

TEST(PrefixIndex, ForgetsTheHeadOfAChainFirst) {
  PrefixIndex index(3);
  const InstanceId instance(std::uint32_t{0});
  std::uint64_t unused = 0;
  const Keys chain = keys_of(1, 3, 3, unused);
  index.record(instance, chain, 3);
  EXPECT_EQ(index.match(instance, chain), 3u);
  index.record(instance, {}, 1);
  EXPECT_EQ(index.match(instance, chain), 0u);
  EXPECT_EQ(index.match(instance, std::span(chain).subspan(1)), 2u);
}

}  // namespace
}  // namespace blis::gateway
