#include "report/saturation/saturation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace blis::report {
namespace {

SaturationVerdict judge(std::string_view name, std::int64_t arrivals,
                        const std::vector<double>& latencies_ms,
                        const SaturationConfig& config = {}) {
  const auto entries = saturation_detector_entries();
  const auto entry = std::ranges::find(entries, name, &SaturationDetectorEntry::name);
  const auto detector = entry->make(config);
  for (std::int64_t i = 0; i < arrivals; ++i) detector->observe({.timestamp_us = 0});
  for (const double latency : latencies_ms) {
    detector->observe({.timestamp_us = 1, .is_completion = true, .latency_ms = latency});
  }
  return detector->verdict();
}

double signal(const SaturationVerdict& verdict, std::string_view name) {
  for (const auto& [key, value] : verdict.signals) {
    if (key == name) return value;
  }
  return -1;
}

TEST(CompositeDetector, MatchesTheExamples) {
  // Spec cli 16.2.
  const SaturationVerdict steady = judge("composite", 4, {100, 100, 100, 100});
  EXPECT_EQ(steady.level, SaturationLevel::kStable);
  EXPECT_EQ(steady.score, 0);
  EXPECT_EQ(steady.confidence, 0.2);

  const SaturationVerdict behind = judge("composite", 10, {100, 100, 100, 100});
  EXPECT_EQ(behind.level, SaturationLevel::kBacklogged);
  EXPECT_EQ(behind.score, 0.6);

  EXPECT_EQ(judge("composite", 4, {100}).score, 0.75);

  std::vector<double> rising;
  for (int i = 0; i < 20; ++i) rising.push_back(100 + 5 * i);
  const SaturationVerdict overloaded = judge("composite", 20, rising);
  EXPECT_EQ(overloaded.level, SaturationLevel::kOverloaded);
  EXPECT_NEAR(signal(overloaded, "latency_trend"), 0.4082, 5e-5);
  EXPECT_NEAR(signal(overloaded, "noise_floor"), 0.2236, 5e-5);
}

TEST(CompositeDetector, NeedsTwentyCompletionsForATrend) {
  std::vector<double> rising;
  for (int i = 0; i < 19; ++i) rising.push_back(100 + 50 * i);
  const SaturationVerdict verdict = judge("composite", 19, rising);
  EXPECT_EQ(verdict.level, SaturationLevel::kStable);
  EXPECT_EQ(signal(verdict, "latency_trend_raw"), 1);
  EXPECT_EQ(signal(verdict, "latency_trend"), 0);
}

TEST(ThresholdDetector, MatchesTheExamples) {
  // Spec cli 16.3, T = 5000 ms.
  EXPECT_EQ(judge("threshold", 1, {3750}).score, 0.375);
  EXPECT_EQ(judge("threshold", 1, {3750}).level, SaturationLevel::kStable);
  EXPECT_EQ(judge("threshold", 1, {7500}).score, 0.875);
  EXPECT_EQ(judge("threshold", 1, {5000}).level, SaturationLevel::kOverloaded);
  EXPECT_TRUE(judge("threshold", 9, {}).signals.empty());
}

TEST(BacklogDriftDetector, MatchesTheExample) {
  // Spec cli 16.3: 37,37,37,38,38,38,39,39,39,40 in flight at the ends of ten windows.
  SaturationConfig config;
  config.drift_window_s = 1;
  const auto detector = saturation_detector_entries()[2].make(config);
  const int added[] = {37, 0, 0, 1, 0, 0, 1, 0, 0, 1};
  for (std::int64_t window = 0; window < 10; ++window) {
    for (int i = 0; i < added[window]; ++i) {
      detector->observe({.timestamp_us = window * 1'000'000});
    }
  }
  const SaturationVerdict verdict = detector->verdict();
  EXPECT_EQ(verdict.level, SaturationLevel::kBacklogged);
  EXPECT_NEAR(signal(verdict, "running_slope"), 0.327273, 5e-7);
  EXPECT_NEAR(verdict.score, 0.689951, 5e-7);
}

SaturationOptions options_for(std::string_view detectors) {
  return {.detectors = select_saturation_detectors(detectors), .report_path = "report.json"};
}

std::vector<ServedRequest> any_requests() {
  const auto arrivals =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 5000));
  std::vector<ServedRequest> requests;
  for (const std::int64_t arrival : arrivals) {
    requests.push_back(
        {static_cast<double>(arrival) / 1000.0, static_cast<double>(*rc::gen::inRange(1, 20'000))});
  }
  return requests;
}

TEST(Saturation, AnEmptyRunHasNoLabels) {
  const SaturationResult result = detect_saturation({}, options_for("all"));
  EXPECT_TRUE(result.labels.empty());
  EXPECT_EQ(result.report, "{\n  \"trace\": []\n}\n");
}

TEST(Saturation, ReportsEveryDetectorAfterEveryEvent) {
  const std::vector<ServedRequest> requests = {{0.5, 1.5}};
  const SaturationResult result = detect_saturation(requests, options_for("composite"));
  EXPECT_EQ(result.report, R"({
  "final": {
    "composite": "BACKLOGGED"
  },
  "trace": [
    {
      "timestamp": 500000,
      "detector": "composite",
      "result": {
        "level": "BACKLOGGED",
        "score": 1,
        "confidence": 0.05,
        "signals": {
          "latency_trend": 0,
          "latency_trend_raw": 0,
          "noise_floor": 1,
          "quartile_monotone": 0,
          "rate_deficit": 1
        }
      }
    },
    {
      "timestamp": 501500,
      "detector": "composite",
      "result": {
        "level": "STABLE",
        "score": 0,
        "confidence": 0.05,
        "signals": {
          "latency_trend": 0,
          "latency_trend_raw": 0,
          "noise_floor": 1,
          "quartile_monotone": 0,
          "rate_deficit": 0
        }
      }
    }
  ]
}
)");  // one vote each: the more severe level wins
}

RC_GTEST_PROP(Saturation, ADetectorJudgesAloneAsInCompany, ()) {
  const std::vector<ServedRequest> requests = any_requests();
  const SaturationResult all = detect_saturation(requests, options_for("all"));
  for (const SaturationDetectorEntry& entry : saturation_detector_entries()) {
    const SaturationResult alone = detect_saturation(requests, options_for(entry.name));
    for (const auto& [name, label] : alone.labels) RC_ASSERT(all.labels.at(name) == label);
  }
}

RC_GTEST_PROP(Saturation, RecordsEveryDetectorTwicePerRequest, ()) {
  const std::vector<ServedRequest> requests = any_requests();
  const std::string report = detect_saturation(requests, options_for("all")).report;
  std::size_t records = 0;
  std::int64_t last_us = -1;
  const std::string key = "\"timestamp\": ";
  for (std::size_t at = report.find(key); at != std::string::npos; at = report.find(key, at + 1)) {
    const std::int64_t timestamp_us = std::stoll(report.substr(at + key.size(), 24));
    RC_ASSERT(timestamp_us >= last_us);
    last_us = timestamp_us;
    ++records;
  }
  RC_ASSERT(records == 2 * requests.size() * saturation_detector_entries().size());
}

RC_GTEST_PROP(Saturation, AReportChangesNoLabel, ()) {
  const std::vector<ServedRequest> requests = any_requests();
  SaturationOptions options = options_for("all");
  const SaturationResult with = detect_saturation(requests, options);
  options.report_path.clear();
  const SaturationResult without = detect_saturation(requests, options);
  RC_ASSERT(with.labels == without.labels);
  RC_ASSERT(without.report.empty());
}

RC_GTEST_PROP(Saturation, ScoresAndConfidencesStayInTheUnitInterval, ()) {
  const std::vector<ServedRequest> requests = any_requests();
  for (const SaturationDetectorEntry& entry : saturation_detector_entries()) {
    const auto detector = entry.make({});
    for (const ServedRequest& r : requests) {
      detector->observe({.timestamp_us = 1});
      if (r.e2e_ms > 10'000) {
        detector->observe({.timestamp_us = 2, .is_completion = true, .latency_ms = r.e2e_ms});
      }
      const SaturationVerdict verdict = detector->verdict();
      RC_ASSERT(verdict.score >= 0 && verdict.score <= 1);
      RC_ASSERT(verdict.confidence >= 0 && verdict.confidence <= 1);
      if (entry.name == "threshold") RC_ASSERT(verdict.level != SaturationLevel::kBacklogged);
    }
  }
}

std::vector<std::string_view> selected(std::string_view text) {
  std::vector<std::string_view> names;
  for (const SaturationDetectorEntry* entry : select_saturation_detectors(text)) {
    names.push_back(entry->name);
  }
  return names;
}

TEST(SaturationFlags, OrderAndRepetitionOfDetectorsDoNotMatter) {
  using ::testing::ElementsAre;
  EXPECT_THAT(selected("threshold, composite,,threshold"), ElementsAre("composite", "threshold"));
  EXPECT_THAT(selected("all"), ElementsAre("composite", "threshold", "backlog-drift"));
  EXPECT_THAT(selected(""), ElementsAre());
  EXPECT_THROW(selected("all,threshold"), ConfigError);
  EXPECT_THROW(selected(" threshold"), ConfigError);  // [QUIRK] a single name is not trimmed
  EXPECT_THROW(selected(" , "), ConfigError);
  EXPECT_THROW(selected("treshold"), ConfigError);
}

TEST(SaturationFlags, OthersNeedDetectors) {
  EXPECT_FALSE(resolve_saturation({}).has_value());
  EXPECT_THROW(resolve_saturation({.final_window = "1s"}), ConfigError);
  EXPECT_EQ(resolve_saturation({.detectors = "all", .final_window = "10s"})->final_window_us,
            10'000'000);
  EXPECT_EQ(resolve_saturation({.detectors = "all", .final_window = "999ns"})->final_window_us, 0);
  EXPECT_THROW(resolve_saturation({.detectors = "all", .final_window = "0s"}), ConfigError);
  EXPECT_EQ(resolve_saturation({.detectors = "all"})->final_window_us, 30'000'000);
}

}  // namespace
}  // namespace blis::report
