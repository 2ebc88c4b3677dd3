// Cohorts become clients, clients get rates.

#include "workload/generation/traffic.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "testing/workload_digest.h"
#include "workload/generation/client_rates.h"

namespace blis::workload {
namespace {

using testing::parse;

TEST(CohortWindows, DiurnalHours) {
  CohortSpec cohort;
  cohort.population = 1;
  cohort.diurnal = DiurnalSpec{14, 3};
  const auto windows = cohort_windows(cohort);
  ASSERT_EQ(windows.size(), 24u);
  const auto length_us = [&](std::size_t hour) {
    return windows[hour].end_us - windows[hour].start_us;
  };
  EXPECT_EQ(length_us(0), 1'360'769'515);
  EXPECT_EQ(length_us(2), 1'200'000'000);
  EXPECT_EQ(length_us(10), 2'999'999'999);
  EXPECT_EQ(length_us(14), 3'600'000'000);
  EXPECT_EQ(windows[14].start_us, 14 * 3'600'000'000);
}

TEST(CohortWindows, DrainSlices) {
  CohortSpec cohort;
  cohort.population = 1;
  cohort.drain = DrainSpec{5'000'000, 10'000'007};
  const auto windows = cohort_windows(cohort);
  ASSERT_EQ(windows.size(), 11u);
  EXPECT_EQ(windows[0].end_us, 5'000'000);
  EXPECT_EQ(windows[1].start_us, 5'000'000);
  EXPECT_EQ(windows[1].end_us, 6'000'000);
  EXPECT_EQ(windows[2].end_us, 6'900'000);
  EXPECT_EQ(windows[10].end_us - windows[10].start_us, 100'000);
  cohort.drain = DrainSpec{0, 3};  // slices are at least 1 µs
  EXPECT_EQ(cohort_windows(cohort)[9].start_us, 9);
}

TEST(CohortWindows, PatternsAreConcatenated) {
  CohortSpec cohort;
  cohort.population = 4;
  cohort.drain = DrainSpec{5, 100};
  cohort.spike = SpikeSpec{7, 3, 10.0};
  cohort.diurnal = DiurnalSpec{0, 1};
  const auto windows = cohort_windows(cohort);
  ASSERT_EQ(windows.size(), 24u + 1 + 11);
  EXPECT_EQ(windows[24].trace_rate_per_s, 2.5);
  EXPECT_EQ(windows[24].end_us, 10);
}

std::vector<double> rates_per_s(const WorkloadSpec& spec) {
  SymbolTable symbols;
  const Traffic traffic = expand_clients(spec, symbols);
  std::vector<double> rates = static_client_rates(traffic, spec.aggregate_rate_per_s);
  for (double& rate : rates) rate *= 1e6;
  return rates;
}

WorkloadSpec with_fractions(
    std::vector<std::pair<double, std::vector<std::pair<int, int>>>> clients, double aggregate) {
  WorkloadSpec spec;
  spec.aggregate_rate_per_s = aggregate;
  for (const auto& [fraction, windows] : clients) {
    ClientSpec client;
    client.rate_fraction = fraction;
    if (!windows.empty()) client.windows.emplace();
    for (const auto& [start, end] : windows) {
      WindowSpec window;
      window.start_us = start;
      window.end_us = end;
      client.windows->push_back(window);
    }
    spec.clients.push_back(client);
  }
  return spec;
}

TEST(StaticRates, EachPhaseSumsToTheAggregate) {
  const auto phased = with_fractions({{0.7, {{0, 50}}}, {0.3, {{0, 50}}}, {1, {{50, 100}}}}, 40);
  const auto rates = rates_per_s(phased);
  EXPECT_DOUBLE_EQ(rates[0], 28);
  EXPECT_DOUBLE_EQ(rates[1], 12);
  EXPECT_DOUBLE_EQ(rates[2], 40);
  const auto diluted = rates_per_s(
      with_fractions({{0.7, {{0, 50}}}, {0.3, {{0, 50}}}, {1, {{50, 100}}}, {1, {}}}, 40));
  EXPECT_DOUBLE_EQ(diluted[3], 40.0 / 3);
  EXPECT_DOUBLE_EQ(diluted[0], 14);
}

RC_GTEST_PROP(StaticRates, SumToTheAggregateWithoutWindows, ()) {
  const auto fractions =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 100)));
  std::vector<std::pair<double, std::vector<std::pair<int, int>>>> clients;
  for (const int fraction : fractions) clients.push_back({fraction / 7.0, {}});
  double sum = 0;
  for (const double rate : rates_per_s(with_fractions(clients, 30))) sum += rate;
  RC_ASSERT(std::abs(sum - 30) < 1e-9);
}

RC_GTEST_PROP(Activity, AnswersLikeItsWindowList, ()) {
  const auto pairs = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 40), rc::gen::inRange(1, 15)));
  const auto other_pairs = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 40), rc::gen::inRange(1, 15)));
  const auto make = [](const std::vector<std::pair<int, int>>& list) {
    std::vector<WindowSpec> windows;
    for (const auto& [start, length] : list) {
      WindowSpec window;
      window.start_us = start;
      window.end_us = start + length;
      windows.push_back(window);
    }
    return windows;
  };
  const auto windows = make(pairs);
  const Activity activity(windows);
  for (int t = -1; t < 60; ++t) {
    const bool expected =
        std::ranges::any_of(windows, [&](const WindowSpec& w) { return w.contains(t); });
    RC_ASSERT(activity.is_active(t) == expected);
  }
  const auto others = make(other_pairs);
  bool expected = windows.empty() || others.empty();
  for (const WindowSpec& a : windows) {
    for (const WindowSpec& b : others) {
      expected |= a.start_us < b.end_us && b.start_us < a.end_us;
    }
  }
  RC_ASSERT(Activity::overlap(activity, Activity(others)) == expected);
}

TEST(Expansion, MembersShareAllButIdFractionAndOwnPrefix) {
  WorkloadSpec spec;
  CohortSpec cohort;
  cohort.member.id = "c";
  cohort.member.rate_fraction = 3;
  cohort.member.prefix_group = "g";
  cohort.population = 3;
  cohort.prefix_sharing = "per_member";
  spec.cohorts.push_back(cohort);
  cohort.prefix_sharing = "shared";
  spec.cohorts.push_back(cohort);
  SymbolTable symbols;
  const Traffic traffic = expand_clients(spec, symbols);
  ASSERT_EQ(traffic.clients.size(), 6u);
  double sum = 0;
  std::set<std::string> groups;
  for (const TrafficClient& client : traffic.clients) {
    sum += client.rate_fraction;
    groups.insert(std::string(symbols.text(client.prefix_group)));
  }
  EXPECT_DOUBLE_EQ(sum, 6);
  EXPECT_EQ(groups, (std::set<std::string>{"g", "g-0", "g-1", "g-2"}));
  EXPECT_EQ(symbols.text(traffic.clients[2].id), "c-2");
  // One window list for all: per-phase sums are then made once per cohort.
  EXPECT_EQ(traffic.clients[0].activity, traffic.clients[2].activity);
}

}  // namespace
}  // namespace blis::workload
