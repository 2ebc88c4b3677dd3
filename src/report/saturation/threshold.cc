// threshold: is the mean latency of all completions so far above a limit T?
//
//   M < T: STABLE, score 0.5 M/T;  else OVERLOADED, score 0.75 + min(0.25, (M - T)/T/4).  Never
//   BACKLOGGED.
//
// SOURCE spec cli 16.3.

#include <algorithm>
#include <cmath>

#include "report/saturation/detector.h"

namespace blis::report {
namespace {

class ThresholdDetector final : public SaturationDetector {
 public:
  explicit ThresholdDetector(double threshold_ms) : threshold_ms_(threshold_ms) {}

  void observe(const SaturationEvent& event) override {
    if (!event.is_completion) return;
    ++completions_;
    latency_sum_ms_ += event.latency_ms;
  }

  SaturationVerdict verdict() override {
    if (completions_ == 0) return {};
    const double mean_ms = latency_sum_ms_ / static_cast<double>(completions_);
    SaturationVerdict verdict;
    if (mean_ms < threshold_ms_) {
      verdict.score = 0.5 * (mean_ms / threshold_ms_);
    } else {
      verdict.level = SaturationLevel::kOverloaded;
      verdict.score = 0.75 + std::min(0.25, (mean_ms - threshold_ms_) / threshold_ms_ / 4);
    }
    verdict.confidence = 1 - 1 / std::sqrt(static_cast<double>(completions_ + 1));
    verdict.signals = {{"mean_e2e", mean_ms}, {"threshold", threshold_ms_}};
    return verdict;
  }

 private:
  double threshold_ms_;
  std::int64_t completions_ = 0;
  double latency_sum_ms_ = 0;
};

}  // namespace

std::unique_ptr<SaturationDetector> make_threshold_detector(const SaturationConfig& config) {
  return std::make_unique<ThresholdDetector>(config.threshold_ms);
}

}  // namespace blis::report
