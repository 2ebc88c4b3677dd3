#include "stats/percentile.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "stats/histogram.h"

namespace blis::stats {
namespace {

using Values = std::vector<double>;

// Examples of spec engine 13 and cli 2.7; compared with == because the order of roundings is what
// is tested.
TEST(PercentileMs, RoundsInTheReferencesOrder) {
  const Values four = {1000, 2000, 3000, 4000};
  EXPECT_EQ(percentile_ms(four, 90), 3.7);
  EXPECT_EQ(percentile_ms(four, 95), 3.8499999999999996);
  EXPECT_EQ(percentile_ms(four, 99), 3.9699999999999998);
  EXPECT_EQ(mean_ms(four), 2.5);
  const Values six = {5000, 5100, 5200, 5900, 7100, 22464};
  EXPECT_EQ(percentile_ms(six, 90), 14.782);
  EXPECT_EQ(percentile_ms(six, 95), 18.622999999999998);
  EXPECT_EQ(percentile_ms(six, 99), 21.695800000000002);
  const Values five = {1000, 2000, 3000, 4000, 10000};
  EXPECT_EQ(percentile_ms(five, 90), 7.6000000000000005);
  EXPECT_EQ(percentile_ms(five, 95), 8.799999999999999);
  EXPECT_EQ(percentile_ms(five, 99), 9.76);
}

TEST(PercentileMs, OfFewValues) {
  EXPECT_EQ(percentile_ms(Values{}, 50), 0);
  EXPECT_EQ(percentile_ms(Values{1500}, 99), 1.5);
  EXPECT_EQ(percentile_ms(Values{1000, 3000}, 0), 1);
  EXPECT_EQ(percentile_ms(Values{1000, 3000}, 100), 3);
  EXPECT_EQ(mean_ms(Values{}), 0);
}

// Spec data-plane 17.
TEST(Distribution, SummarisesInTheUnitOfTheValues) {
  const Distribution d = distribution(Values{50, 10, 40, 20, 30});
  EXPECT_EQ(d.mean, 30);
  EXPECT_EQ(d.p50, 30);
  EXPECT_EQ(d.p95, 48.0);
  EXPECT_EQ(d.p99, 49.6);
  EXPECT_EQ(d.min, 10);
  EXPECT_EQ(d.max, 50);
  EXPECT_EQ(d.count, 5);
  EXPECT_EQ(distribution(Values{}).count, 0);
  EXPECT_EQ(distribution(Values{}).p99, 0);
}

TEST(JainIndex, IsOneForEqualSharesAndOneOverNForOneTaker) {
  EXPECT_EQ(jain_index(Values{}), 0);
  EXPECT_EQ(jain_index(Values{0, 0}), 1);
  EXPECT_EQ(jain_index(Values{3, 3, 3}), 1);
  EXPECT_EQ(jain_index(Values{5, 0, 0, 0}), 0.25);
}

// law data-plane L14
RC_GTEST_PROP(JainIndex, LiesBetweenOneOverNAndOne, (std::vector<std::uint16_t> shares)) {
  if (shares.empty()) return;
  const Values values(shares.begin(), shares.end());
  const double index = jain_index(values);
  RC_ASSERT(index <= 1 + 1e-12);
  RC_ASSERT(index >= 1 / static_cast<double>(values.size()) - 1e-12);
}

TEST(Histogram, LeavesOutCountsThatCancelled) {
  Histogram h;
  h.add(5, 2);
  h.add(3);
  h.add(5, -2);
  EXPECT_EQ(h.sorted(), (std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 1}}));
  EXPECT_EQ(h.count(), 1);
  EXPECT_EQ(mean_ms(Histogram().sorted()), 0);
  EXPECT_EQ(percentile_ms(Histogram().sorted(), 99), 0);
}

TEST(Histogram, CountsValuesAndNumbersBeyondItsPages) {
  Histogram h;
  const std::int64_t many = std::int64_t{1} << 32;
  h.add(5, many - 1);
  h.add(5, 2);
  h.add(-3);
  h.add(std::int64_t{1} << 40);
  h.add(700);
  Histogram sum;
  sum.merge(h);
  sum.add(5, -1);
  using Entry = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(sum.sorted(),
            (std::vector<Entry>{{-3, 1}, {5, many}, {700, 1}, {std::int64_t{1} << 40, 1}}));
  EXPECT_EQ(sum.count(), many + 3);
}

RC_GTEST_PROP(Histogram, GivesTheBitsOfTheListItStandsFor, ()) {
  const int range = *rc::gen::element(1, 5, 1000, 1'000'000'000);
  const auto list = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, range)));
  const double percent = *rc::gen::element(0.0, 50.0, 90.0, 95.0, 99.0, 100.0);

  // Portions are added one by one, with counts, and by merging.
  Histogram a;
  Histogram b;
  for (std::size_t i = 0; i < list.size(); ++i) (i % 3 == 0 ? a : b).add(list[i]);
  a.merge(b);
  const auto sorted_counts = a.sorted();
  Values sorted(list.begin(), list.end());
  std::sort(sorted.begin(), sorted.end());

  RC_ASSERT(a.count() == static_cast<std::int64_t>(list.size()));
  RC_ASSERT(mean_ms(sorted_counts) == mean_ms(sorted));
  RC_ASSERT(percentile_ms(sorted_counts, percent) == percentile_ms(sorted, percent));
}

RC_GTEST_PROP(TickList, GivesTheBitsOfTheListItStandsFor, ()) {
  const std::int64_t most = *rc::gen::element<std::int64_t>(5, 1000, std::int64_t{1} << 33);
  const std::int64_t least = *rc::gen::element<std::int64_t>(0, -5);
  const auto list = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange(least, most)));
  const double percent = *rc::gen::element(0.0, 50.0, 90.0, 95.0, 99.0, 100.0);
  TickList ticks;
  for (const std::int64_t value : list) ticks.add(value);
  ticks.sort();
  Values sorted(list.begin(), list.end());
  std::sort(sorted.begin(), sorted.end());

  RC_ASSERT(ticks.size() == sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    RC_ASSERT(static_cast<double>(ticks[i]) == sorted[i]);
  }
  RC_ASSERT(mean_ms(ticks) == mean_ms(sorted));
  RC_ASSERT(percentile_ms(ticks, percent) == percentile_ms(sorted, percent));
  RC_ASSERT(integer_percentile_ms(ticks, percent) == percentile_ms(sorted, percent));
  const Distribution d = distribution(ticks);
  const Distribution want = distribution(sorted);
  RC_ASSERT(d.mean == want.mean && d.p50 == want.p50 && d.p95 == want.p95 && d.p99 == want.p99);
  RC_ASSERT(d.min == want.min && d.max == want.max && d.count == want.count);
}

RC_GTEST_PROP(Percentile, LiesBetweenMinAndMaxAndGrowsWithThePercentage, ()) {
  auto values = *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<int>>());
  std::sort(values.begin(), values.end());
  const Values sorted(values.begin(), values.end());
  const double p50 = percentile(sorted, 50);
  const double p99 = percentile(sorted, 99);
  RC_ASSERT(sorted.front() <= p50 && p50 <= p99 && p99 <= sorted.back());
}

}  // namespace
}  // namespace blis::stats
