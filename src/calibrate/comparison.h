// Two lists of the same measurement, real and simulated, pair by pair. SOURCE spec traces 10.3.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace blis::calibrate {

/// real[i] and sim[i] belong to the same request; any one unit.
struct PairedValues {
  std::vector<double> real{};
  std::vector<double> sim{};

  void add(double real_value, double sim_value) {
    real.push_back(real_value);
    sim.push_back(sim_value);
  }
  bool empty() const { return real.empty(); }
};

/// One statistic of both lists.
struct StatisticPair {
  double real = 0;
  double sim = 0;
  double error() const { return sim - real; }
  /// |error| / real as a fraction; 0 unless real > 0.
  double percent_error() const;
};

struct Comparison {
  StatisticPair mean, median, p50, p90, p95, p99;
  double mape = 0;       ///< mean of |real - sim| / real over pairs with real != 0; a fraction
  double pearson_r = 0;  ///< 0 for fewer than three pairs and for constant lists; may be NaN [BUG]
  std::string_view
      bias_direction{};        ///< `over-predict`, `under-predict`, `neutral`, "" if no pair counts
  std::string_view quality{};  ///< `excellent`, `good`, `fair`, `poor`
  std::int64_t count = 0;
};

/// REQUIRES `values` is not empty.
Comparison compare(const PairedValues& values);

/// One-pass correlation, as the reference takes it. [BUG] Rounding can make the variance of a
/// constant list negative, which gives NaN (spec traces 13).
double pearson(std::span<const double> x, std::span<const double> y);

}  // namespace blis::calibrate
