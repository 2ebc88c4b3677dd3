// backlog-drift: does the number of requests in flight grow from one window of time to the next?
//
//   y_i = requests in flight at the end of window i;  slope = least squares over (i, y_i);  floor =
//   1 / sqrt(arrivals) slope <= floor: STABLE;  <= 3 floor: BACKLOGGED;  else OVERLOADED.  score =
//   min(1, max(0, slope) / (3 floor))
//
// SOURCE       spec cli 16.3. [QUIRK] The slope is over the whole run, not over trailing windows.
// NOT MODELLED the other eight settings of the block `backlog_drift`: the reference ignores them
// too. COST         O(1) per event: all sums but the last window's are kept, and they are integers
// below 2^53.

#include <algorithm>
#include <cmath>

#include "report/saturation/detector.h"

namespace blis::report {
namespace {

class BacklogDriftDetector final : public SaturationDetector {
 public:
  explicit BacklogDriftDetector(std::int64_t window_us) : window_us_(window_us) {}

  void observe(const SaturationEvent& event) override {
    event.is_completion ? ++completions_ : ++arrivals_;
    const std::int64_t window = event.timestamp_us / window_us_;
    if (windows_ == 0) {
      windows_ = 1;
      window_ = window;
    }
    for (; window_ < window; ++window_) close_window();
    in_flight_ = static_cast<double>(arrivals_ - completions_);
  }

  SaturationVerdict verdict() override {
    if (arrivals_ == 0) return {};
    const double arrivals = static_cast<double>(arrivals_);
    const double noise_floor = 1 / std::sqrt(arrivals);
    const double slope = running_slope();
    SaturationVerdict verdict;
    verdict.level = slope <= noise_floor       ? SaturationLevel::kStable
                    : slope <= 3 * noise_floor ? SaturationLevel::kBacklogged
                                               : SaturationLevel::kOverloaded;
    verdict.score = std::min(1.0, std::max(0.0, slope) / (3 * noise_floor));
    verdict.confidence = std::min(1.0, arrivals / 20);
    verdict.signals = {{"arrivals", arrivals},
                       {"completions", static_cast<double>(completions_)},
                       {"in_flight", in_flight_},
                       {"noise_floor", noise_floor},
                       {"running_slope", slope}};
    return verdict;
  }

 private:
  // Fixes the last value and repeats it as the first guess of the next window.
  void close_window() {
    const double x = static_cast<double>(windows_ - 1);
    sum_x_ += x;
    sum_xx_ += x * x;
    sum_y_ += in_flight_;
    sum_xy_ += x * in_flight_;
    ++windows_;
  }

  double running_slope() const {
    if (windows_ < 2) return 0;
    const double m = static_cast<double>(windows_);
    const double x = m - 1;
    const double sum_x = sum_x_ + x;
    const double sum_y = sum_y_ + in_flight_;
    const double sum_xy = sum_xy_ + x * in_flight_;
    const double sum_xx = sum_xx_ + x * x;
    return (m * sum_xy - sum_x * sum_y) / (m * sum_xx - sum_x * sum_x);
  }

  std::int64_t window_us_;
  std::int64_t arrivals_ = 0;
  std::int64_t completions_ = 0;
  std::int64_t windows_ = 0;  // of the series so far, the open one included
  std::int64_t window_ = 0;   // number of the open one
  double in_flight_ = 0;      // its value
  double sum_x_ = 0, sum_y_ = 0, sum_xy_ = 0, sum_xx_ = 0;  // over the closed ones
};

}  // namespace

std::unique_ptr<SaturationDetector> make_backlog_drift_detector(const SaturationConfig& config) {
  constexpr std::int64_t kMicrosPerSecond = 1'000'000;
  return std::make_unique<BacklogDriftDetector>(config.drift_window_s * kMicrosPerSecond);
}

}  // namespace blis::report
