// Without sorting, the bits of the sorted list.

#include "stats/tick_list.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "stats/percentile.h"

namespace blis::stats {
namespace {

RC_GTEST_PROP(TickList, GivesTheBitsOfTheSortedList, ()) {
  const std::int64_t most = *rc::gen::element<std::int64_t>(3, 100'000, std::int64_t{1} << 52);
  const auto ticks = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange(-most, most));
  TickList list;
  for (const std::int64_t value : ticks) list.add(value);
  std::vector<double> sorted(ticks.begin(), ticks.end());
  std::sort(sorted.begin(), sorted.end());

  if (*rc::gen::arbitrary<bool>()) RC_ASSERT(list.mean_ms() == mean_ms(sorted));
  for (const int percent : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 101))) {
    RC_ASSERT(list.percentile_ms(percent) == percentile_ms(sorted, percent));
  }
  RC_ASSERT(list.mean_ms() == mean_ms(sorted));
}

TEST(TickList, IsZeroWhenEmpty) {
  EXPECT_EQ(TickList().mean_ms(), 0);
  EXPECT_EQ(TickList().percentile_ms(99), 0);
}

}  // namespace
}  // namespace blis::stats
