#include "base/unstable_sort.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "testing/digest.h"

namespace blis {
namespace {

using ::testing::ElementsAre;

std::vector<std::size_t> order_of(const std::vector<int>& keys) {
  return unstable_sort_order(keys.size(),
                             [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
}

std::vector<int> keys(int n, int factor, int modulus) {
  std::vector<int> result;
  for (int i = 0; i < n; ++i) result.push_back(factor * i % modulus);
  return result;
}

// Vectors of spec engine 16.8, from the reference's library.
TEST(UnstableSort, OrdersTiesAsTheReferenceDoes) {
  EXPECT_THAT(order_of(keys(20, 7, 3)),
              ElementsAre(9, 18, 15, 3, 12, 0, 6, 10, 7, 4, 13, 16, 1, 19, 8, 5, 11, 14, 2, 17));
  EXPECT_THAT(
      order_of(keys(40, 7919, 13)),
      ElementsAre(0, 39, 26, 13, 7, 33, 20, 27, 1, 14, 8, 34, 21, 15, 28, 2, 22, 9, 35, 29, 16, 3,
                  10, 23, 36, 4, 17, 30, 24, 37, 11, 31, 5, 18, 12, 38, 25, 32, 6, 19));
}

TEST(UnstableSort, OrdersTiesOfALongListAsTheReferenceDoes) {
  const auto order = order_of(keys(1000, 7919, 101));
  EXPECT_THAT(std::vector(order.begin(), order.begin() + 12),
              ElementsAre(202, 0, 303, 505, 101, 808, 606, 404, 707, 909, 473, 372));
  EXPECT_EQ(blis::testing::sha256_hex(fmt::format("{}", fmt::join(order, ","))),
            "d39fbf3a5dec00712acf313fff7ecede71fc3fdc0b36ed9e5aa0b1253358b584");
}

TEST(UnstableSort, TakesEmptyAndSingleLists) {
  EXPECT_TRUE(order_of({}).empty());
  EXPECT_THAT(order_of({5}), ElementsAre(0));
}

RC_GTEST_PROP(UnstableSort, IsASortingPermutation, ()) {
  const int range = *rc::gen::element(1, 2, 10, 1'000'000);
  const auto n = *rc::gen::inRange<std::size_t>(0, 600);
  const auto list = *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(0, range));
  auto order = order_of(list);
  for (std::size_t i = 1; i < n; ++i) RC_ASSERT(list[order[i - 1]] <= list[order[i]]);
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < n; ++i) RC_ASSERT(order[i] == i);
}

RC_GTEST_PROP(UnstableSort, LeavesASortedListUnchanged, ()) {
  auto list = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
  std::sort(list.begin(), list.end());
  const auto order = order_of(list);
  for (std::size_t i = 0; i < list.size(); ++i) RC_ASSERT(order[i] == i);
}

// Patterns that drive plain quicksorts into their worst case end in the heapsort branch or in a
// scatter.
TEST(UnstableSort, SortsAdversarialPatterns) {
  for (const int n : {13, 50, 51, 1000, 5000}) {
    std::vector<std::vector<int>> patterns(4);
    for (int i = 0; i < n; ++i) {
      patterns[0].push_back(n - i);
      patterns[1].push_back(i % 2 == 0 ? i : n - i);
      patterns[2].push_back(std::min(i, n - i));
      patterns[3].push_back(i ^ 0x55);
    }
    for (const auto& pattern : patterns) {
      auto sorted = pattern;
      std::sort(sorted.begin(), sorted.end());
      const auto order = order_of(pattern);
      for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(pattern[order[i]], sorted[i]);
    }
  }
}

}  // namespace
}  // namespace blis
