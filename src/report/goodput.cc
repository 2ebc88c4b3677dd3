#include "report/goodput.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "report/latency_lists.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

// Met and evaluated requests of one gated dimension.
struct Gate {
  std::int64_t met = 0;
  std::int64_t evaluated = 0;

  bool check(std::optional<double> value_ms, double target_ms) {
    ++evaluated;
    if (!value_ms || !(*value_ms <= target_ms)) return false;
    ++met;
    return true;
  }
  double attainment() const {
    return evaluated == 0 ? 0 : static_cast<double>(met) / static_cast<double>(evaluated);
  }
};

struct Tally {
  Gate ttft, itl, e2e;
  std::int64_t good = 0;
  std::vector<double> ttfts, e2es;  // ticks
  double itl_mean_sum = 0;          // ticks, in order of names
  std::int64_t itl_mean_count = 0;
};

std::optional<double> ms(bool known, double ticks) {
  if (!known) return std::nullopt;
  return ticks / 1e3;
}

void count(Tally& tally, const request::Measurements& m, const trace::GoodputTarget& target) {
  bool good = true;
  if (target.ttft_ms > 0) good &= tally.ttft.check(ms(m.has_ttft, ticks(m.ttft)), target.ttft_ms);
  if (target.itl_ms > 0) good &= tally.itl.check(ms(m.has_itl_mean, m.itl_mean_us), target.itl_ms);
  if (target.e2e_ms > 0) good &= tally.e2e.check(ms(m.has_e2e, ticks(m.e2e)), target.e2e_ms);
  if (good) ++tally.good;
  if (m.has_ttft) tally.ttfts.push_back(ticks(m.ttft));
  tally.e2es.push_back(ticks(m.e2e));
  if (m.has_itl_mean) {
    tally.itl_mean_sum += m.itl_mean_us;
    ++tally.itl_mean_count;
  }
}

double p99_ms(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return stats::percentile_ms(values, 99);
}

std::int64_t injected(const RunSummary& summary, const std::string& slo_class) {
  const auto& by_class = summary.result().gateway.injected_by_class;
  const auto count_of = [&](const std::string& name) {
    const auto it = by_class.find(name);
    return it == by_class.end() ? std::int64_t{0} : it->second;
  };
  return count_of(slo_class) + (slo_class == "default" ? count_of("") : 0);
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double per_second(std::int64_t good, double duration_s) {
  return duration_s > 0 ? static_cast<double>(good) / duration_s : 0;
}

ClassGoodput class_goodput(Tally tally, const trace::GoodputTarget& target,
                           std::int64_t injected_requests, double duration_s) {
  ClassGoodput c;
  c.injected = injected_requests;
  c.good = tally.good;
  c.goodput_rps = per_second(tally.good, duration_s);
  c.attainment = ratio(tally.good, injected_requests);
  if (target.ttft_ms > 0) c.attainment_by_dimension["ttft"] = tally.ttft.attainment();
  if (target.itl_ms > 0) c.attainment_by_dimension["itl"] = tally.itl.attainment();
  if (target.e2e_ms > 0) c.attainment_by_dimension["e2e"] = tally.e2e.attainment();
  c.ttft_p99_ms = p99_ms(std::move(tally.ttfts));
  c.e2e_p99_ms = p99_ms(std::move(tally.e2es));
  if (tally.itl_mean_count > 0) {
    c.itl_mean_ms = tally.itl_mean_sum / static_cast<double>(tally.itl_mean_count) / 1e3;
  }
  return c;
}

}  // namespace

Goodput evaluate_goodput(const RunSummary& summary, const trace::GoodputTargets& targets) {
  std::map<std::string, Tally, std::less<>> tallies;
  for (const auto& [name, target] : targets) tallies.try_emplace(name);
  for (const RequestRow& row : summary.by_name(summary.cluster())) {
    if (!row.measured->has_e2e) continue;
    const auto tally = tallies.find(summary.slo_class(row));
    if (tally == tallies.end()) continue;  // no fallback to `default` for classes of other names
    count(tally->second, *row.measured, targets.at(tally->first));
  }

  const double duration_s = summary.cluster().totals.duration_s();
  Goodput goodput;
  std::int64_t good = 0;
  std::int64_t arrived = 0;
  for (auto& [name, tally] : tallies) {
    const std::int64_t class_arrivals = injected(summary, name);
    good += tally.good;
    arrived += class_arrivals;
    goodput.classes[name] =
        class_goodput(std::move(tally), targets.at(name), class_arrivals, duration_s);
  }
  goodput.attainment = ratio(good, arrived);
  goodput.goodput_rps = per_second(good, duration_s);
  return goodput;
}

}  // namespace blis::report
