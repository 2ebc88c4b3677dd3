#include "calibrate/comparison.h"

#include <algorithm>
#include <cmath>

#include "stats/percentile.h"

namespace blis::calibrate {
namespace {

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

struct Grade {
  std::string_view name;
  double mape_below;
  double pearson_above;
};
constexpr Grade kGrades[] = {
    {"excellent", 0.10, 0.95},
    {"good", 0.20, 0.85},
    {"fair", 0.35, 0.70},
};

std::string_view quality_of(double mape, double pearson_r) {
  for (const Grade& grade : kGrades) {
    if (mape < grade.mape_below && pearson_r > grade.pearson_above) return grade.name;
  }
  return "poor";
}

// MAPE and bias over the pairs whose real value is not 0.
void compare_pairs(const PairedValues& values, Comparison& c) {
  double relative_sum = 0;
  double signed_sum = 0;
  std::int64_t counted = 0;
  for (std::size_t i = 0; i < values.real.size(); ++i) {
    const double real = values.real[i];
    const double sim = values.sim[i];
    if (real == 0) continue;
    relative_sum += std::abs(real - sim) / real;
    signed_sum += sim - real;
    ++counted;
  }
  if (counted == 0) return;
  c.mape = relative_sum / static_cast<double>(counted);
  c.bias_direction = signed_sum > 0 ? "over-predict" : signed_sum < 0 ? "under-predict" : "neutral";
}

}  // namespace

double StatisticPair::percent_error() const { return real > 0 ? std::abs(error()) / real : 0; }

double pearson(std::span<const double> x, std::span<const double> y) {
  if (x.size() < 3) return 0;
  const double n = static_cast<double>(x.size());
  double sum_x = 0, sum_y = 0, sum_xy = 0, sum_xx = 0, sum_yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum_x += x[i];
    sum_y += y[i];
    sum_xy += x[i] * y[i];
    sum_xx += x[i] * x[i];
    sum_yy += y[i] * y[i];
  }
  const double numerator = n * sum_xy - sum_x * sum_y;
  const double denominator = std::sqrt((n * sum_xx - sum_x * sum_x) * (n * sum_yy - sum_y * sum_y));
  return denominator == 0 ? 0 : numerator / denominator;
}

Comparison compare(const PairedValues& values) {
  Comparison c;
  c.count = static_cast<std::int64_t>(values.real.size());
  c.mean = {mean(values.real), mean(values.sim)};
  std::vector<double> real = values.real;
  std::vector<double> sim = values.sim;
  std::sort(real.begin(), real.end());
  std::sort(sim.begin(), sim.end());
  const auto percentile = [&](double percent) {
    return StatisticPair{stats::percentile(real, percent), stats::percentile(sim, percent)};
  };
  c.p50 = percentile(50);
  c.median = c.p50;
  c.p90 = percentile(90);
  c.p95 = percentile(95);
  c.p99 = percentile(99);
  compare_pairs(values, c);
  c.pearson_r = pearson(values.real, values.sim);
  c.quality = quality_of(c.mape, c.pearson_r);
  return c;
}

}  // namespace blis::calibrate
