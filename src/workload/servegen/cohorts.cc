#include "workload/servegen/cohorts.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "workload/wrapping.h"

namespace blis::workload::servegen {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

}  // namespace

std::optional<DailyFits> fit_same_second(const LengthDataset& dataset, std::int64_t second) {
  const std::optional<std::int64_t> key = dataset_key_at(dataset, second);
  if (!key) return std::nullopt;
  const auto add_if_possible = [](FitSum& sum, const std::map<std::int64_t, double>& histogram) {
    try {
      sum.add(fit_lognormal(histogram));
    } catch (const DataError&) {
      // Left out of the average.
    }
  };
  DailyFits fits;
  for (const auto& [start, histograms] : dataset) {
    if (second_of_day(start) != second_of_day(*key)) continue;
    add_if_possible(fits.input, histograms.input);
    add_if_possible(fits.output, histograms.output);
  }
  return fits;
}

DistributionSpec lognormal_distribution(const Lognormal& fit) {
  DistributionSpec distribution;
  distribution.type = "lognormal";
  distribution.params = {{"mu", fit.mu}, {"sigma", fit.sigma}};
  return distribution;
}

std::int64_t window_us(const ServegenDataSpec& data) {
  return wrapping_multiply(data.window_duration_s <= 0 ? 600 : data.window_duration_s,
                           kMicrosPerSecond);
}

std::int64_t drain_us(const ServegenDataSpec& data) {
  return wrapping_multiply(data.drain_timeout_s < 0 ? 180 : data.drain_timeout_s, kMicrosPerSecond);
}

std::vector<std::vector<std::size_t>> deal_to_classes(const std::vector<std::size_t>& order) {
  std::vector<std::vector<std::size_t>> classes(kClasses.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    classes[i % kClasses.size()].push_back(order[i]);
  }
  return classes;
}

std::array<std::size_t, kClasses.size()> classes_by_name() {
  std::array<std::size_t, kClasses.size()> positions{};
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  std::ranges::sort(positions, {}, [](std::size_t i) { return kClasses[i]; });
  return positions;
}

CohortSpec make_cohort(std::string id, std::string_view slo_class, std::size_t population,
                       std::int64_t start_us, std::int64_t duration_us, double rate_per_s) {
  CohortSpec cohort;
  cohort.member.id = std::move(id);
  cohort.member.slo_class = slo_class;
  cohort.member.streaming = true;
  cohort.member.rate_fraction = 1;
  cohort.population = static_cast<std::int64_t>(population);
  cohort.spike = SpikeSpec{start_us, duration_us, rate_per_s};
  return cohort;
}

}  // namespace blis::workload::servegen
