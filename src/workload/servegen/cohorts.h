// What both kinds of ServeGen data share on their way to cohorts.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/servegen/chunk_files.h"
#include "workload/servegen/histogram.h"
#include "workload/workload_spec.h"

namespace blis::workload::servegen {

/// Chunks are dealt to the classes in this order, round robin.
inline constexpr std::array<std::string_view, 5> kClasses = {"critical", "standard", "batch",
                                                             "sheddable", "background"};

/// Lognormal parameters of input and output, averaged over something.
struct LengthFit {
  Lognormal input;
  Lognormal output;
};

/// Sums of fitted parameters. Averaging mu and sigma is not averaging distributions [QUIRK, spec
/// workload 25.1 item 12].
class FitSum {
 public:
  void add(const Lognormal& fit) {
    sum_.mu += fit.mu;
    sum_.sigma += fit.sigma;
    ++count_;
  }
  std::int64_t count() const { return count_; }
  Lognormal over(std::int64_t n) const {
    return {sum_.mu / static_cast<double>(n), sum_.sigma / static_cast<double>(n)};
  }

 private:
  Lognormal sum_;
  std::int64_t count_ = 0;
};

/// Fits over all windows of a dataset that stand at the same second of the day as the one that
/// holds at `second`.
struct DailyFits {
  FitSum input;
  FitSum output;
};
/// nullopt if no window holds at `second`. Histograms that cannot be fitted are left out.
std::optional<DailyFits> fit_same_second(const LengthDataset& dataset, std::int64_t second);

DistributionSpec lognormal_distribution(const Lognormal& fit);

/// `servegen_data`'s window and drain in µs, defaults applied.
std::int64_t window_us(const ServegenDataSpec& data);
std::int64_t drain_us(const ServegenDataSpec& data);

/// Chunks `order[i]` with i mod 5 = class position, per class in dealt order.
std::vector<std::vector<std::size_t>> deal_to_classes(const std::vector<std::size_t>& order);

/// Positions of kClasses, ascending by name.
std::array<std::size_t, kClasses.size()> classes_by_name();

/// Class, streaming, fraction and a spike of that rate; the rest is the caller's.
CohortSpec make_cohort(std::string id, std::string_view slo_class, std::size_t population,
                       std::int64_t start_us, std::int64_t duration_us, double rate_per_s);

/// Cohorts of a data set without reason ratios. SOURCE spec workload 19.4.
std::vector<CohortSpec> load_periods(const std::vector<ChunkFiles>& chunks,
                                     const ServegenDataSpec& data, std::int64_t seed,
                                     Diagnostics& diagnostics);

/// Cohorts of a data set with reason ratios. SOURCE spec workload 19.5.
std::vector<CohortSpec> load_reasoning(const std::vector<ChunkFiles>& chunks,
                                       const ServegenDataSpec& data, std::int64_t seed,
                                       Diagnostics& diagnostics);

}  // namespace blis::workload::servegen
