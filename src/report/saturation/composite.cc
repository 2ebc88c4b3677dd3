// composite: two symptoms in one score, judged against the noise to be expected of so few requests.
//
//   rate deficit   rd = max(0, 1 - completions / arrivals)
//   latency trend  lt = relative rise of the mean latency from the first to the second half of the
//   completions,
//                       counted only if the means of the four quarters rise strictly (20
//                       completions at least)
//   score = max(rd, min(lt, 1));  floor = 1 / sqrt(arrivals)
//   score < floor: STABLE;  lt > floor: OVERLOADED;  else BACKLOGGED
//
// SOURCE spec cli 16.2. The sums run left to right over their ranges, as there, so their last
// digits are part of the result. Sums from the first completion on are kept as prefix sums; the
// others are taken when a verdict is asked for. COST   O(completions) per verdict that follows a
// completion, O(1) otherwise.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "report/saturation/detector.h"

namespace blis::report {
namespace {

constexpr std::size_t kMinCompletionsForQuarters = 20;
constexpr double kArrivalsForFullConfidence = 20;

struct Trend {
  double raw = 0;  // relative rise from half to half
  bool quarters_rise = false;
};

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Each range summed left to right. The four sums advance together because each of them alone would
// wait for its own additions.
std::array<double, 4> sums(const std::vector<double>& values, const std::array<Range, 4>& ranges) {
  std::array<double, 4> sum{};
  std::size_t common = ranges[0].end - ranges[0].begin;
  for (const Range& range : ranges) common = std::min(common, range.end - range.begin);
  for (std::size_t i = 0; i < common; ++i) {
    for (std::size_t k = 0; k < ranges.size(); ++k) sum[k] += values[ranges[k].begin + i];
  }
  for (std::size_t k = 0; k < ranges.size(); ++k) {
    for (std::size_t i = ranges[k].begin + common; i < ranges[k].end; ++i) sum[k] += values[i];
  }
  return sum;
}

class CompositeDetector final : public SaturationDetector {
 public:
  void observe(const SaturationEvent& event) override {
    if (!event.is_completion) {
      ++arrivals_;
      return;
    }
    latencies_ms_.push_back(event.latency_ms);
    prefix_sums_.push_back(prefix_sums_.back() + event.latency_ms);
    trend_.reset();
  }

  SaturationVerdict verdict() override {
    if (arrivals_ == 0) return {};
    const double arrivals = static_cast<double>(arrivals_);
    const double completions = static_cast<double>(latencies_ms_.size());
    if (!trend_) trend_ = latency_trend();
    const double rate_deficit = std::max(0.0, 1 - completions / arrivals);
    const double trend = trend_->quarters_rise ? trend_->raw : 0;
    const double noise_floor = 1 / std::sqrt(arrivals);

    SaturationVerdict verdict;
    verdict.score = std::max(rate_deficit, std::min(trend, 1.0));
    verdict.level = verdict.score < noise_floor ? SaturationLevel::kStable
                    : trend > noise_floor       ? SaturationLevel::kOverloaded
                                                : SaturationLevel::kBacklogged;
    verdict.confidence = std::min(1.0, arrivals / kArrivalsForFullConfidence);
    verdict.signals = {{"latency_trend", std::min(trend, 1.0)},
                       {"latency_trend_raw", std::min(trend_->raw, 1.0)},
                       {"noise_floor", noise_floor},
                       {"quartile_monotone", trend_->quarters_rise ? 1 : 0},
                       {"rate_deficit", rate_deficit}};
    return verdict;
  }

 private:
  Trend latency_trend() const {
    Trend trend;
    const std::size_t n = latencies_ms_.size();
    if (n < 2) return trend;
    const std::size_t middle = n / 2;
    const std::size_t q = n / 4;
    const bool has_quarters = n >= kMinCompletionsForQuarters;
    std::array<Range, 4> ranges{Range{middle, n}};
    if (has_quarters) ranges = {Range{middle, n}, {q, 2 * q}, {2 * q, 3 * q}, {3 * q, n}};
    const std::array<double, 4> sum = sums(latencies_ms_, ranges);

    const auto mean = [](double total, std::size_t count) {
      return total / static_cast<double>(count);
    };
    const double first_half = mean(prefix_sums_[middle], middle);
    const double second_half = mean(sum[0], n - middle);
    if (first_half > 0) trend.raw = std::max(0.0, (second_half - first_half) / first_half);
    if (has_quarters) {
      const double quarters[] = {mean(prefix_sums_[q], q), mean(sum[1], q), mean(sum[2], q),
                                 mean(sum[3], n - 3 * q)};
      trend.quarters_rise =
          quarters[0] < quarters[1] && quarters[1] < quarters[2] && quarters[2] < quarters[3];
    }
    return trend;
  }

  std::int64_t arrivals_ = 0;
  std::vector<double> latencies_ms_;         // in event order
  std::vector<double> prefix_sums_ = {0.0};  // [k] = sum of the first k latencies
  std::optional<Trend> trend_;               // of the completions so far, once asked for
};

}  // namespace

std::unique_ptr<SaturationDetector> make_composite_detector(const SaturationConfig& /*config*/) {
  return std::make_unique<CompositeDetector>();
}

}  // namespace blis::report
