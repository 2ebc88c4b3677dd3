#include "calibrate/goodput_comparison.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace blis::calibrate {
namespace {

struct Gate {
  std::int64_t met = 0;
  std::int64_t evaluated = 0;

  bool check(double value_ms, double target_ms) {
    ++evaluated;
    if (!(value_ms <= target_ms)) return false;
    ++met;
    return true;
  }
  double attainment() const {
    return evaluated == 0 ? 0 : static_cast<double>(met) / static_cast<double>(evaluated);
  }
};

// One request as one side has it.
struct Latencies {
  double ttft_ms = 0;
  double e2e_ms = 0;
  std::optional<double> itl_ms{};
};

struct Side {
  Gate ttft, e2e, itl;
  std::int64_t good = 0;

  // Returns true if an ITL was asked for and missing.
  bool count(const Latencies& r, const trace::GoodputTarget& target) {
    bool good_so_far = r.ttft_ms > 0 && r.e2e_ms > 0 && r.e2e_ms >= r.ttft_ms;
    bool missed_itl = false;
    if (good_so_far && target.ttft_ms > 0) good_so_far = ttft.check(r.ttft_ms, target.ttft_ms);
    if (good_so_far && target.e2e_ms > 0) good_so_far = e2e.check(r.e2e_ms, target.e2e_ms);
    if (good_so_far && target.itl_ms > 0) {
      missed_itl = !r.itl_ms;
      good_so_far = r.itl_ms && itl.check(*r.itl_ms, target.itl_ms);
    }
    if (good_so_far) ++good;
    return missed_itl;
  }

  SideGoodput summary(std::int64_t count, double runtime_s,
                      const trace::GoodputTarget& target) const {
    SideGoodput s;
    if (count > 0) s.attainment = static_cast<double>(good) / static_cast<double>(count);
    if (runtime_s > 0) s.goodput_rps = static_cast<double>(good) / runtime_s;
    if (target.ttft_ms > 0) s.attainment_by_dimension["ttft"] = ttft.attainment();
    if (target.e2e_ms > 0) s.attainment_by_dimension["e2e"] = e2e.attainment();
    if (target.itl_ms > 0) s.attainment_by_dimension["itl"] = itl.attainment();
    return s;
  }
};

struct Tally {
  std::int64_t count = 0;
  Side real, sim;
};

Latencies real_latencies(const RealRow& row, const ChunkGaps& gaps) {
  Latencies r{.ttft_ms = static_cast<double>(row.ttft_us()) / 1000,
              .e2e_ms = static_cast<double>(row.e2e_us()) / 1000};
  const auto found = gaps.find(row.request_id);
  if (found == gaps.end()) return r;
  double sum_us = 0;
  std::int64_t count = 0;
  for (const std::int64_t gap_us : found->second) {
    if (gap_us <= 0) continue;
    sum_us += static_cast<double>(gap_us);
    ++count;
  }
  if (count > 0) r.itl_ms = sum_us / static_cast<double>(count) / 1000;
  return r;
}

Latencies sim_latencies(const SimResult& sim) {
  Latencies r{.ttft_ms = sim.ttft_us / 1000, .e2e_ms = sim.e2e_us / 1000};
  if (sim.itl_mean_us > 0) r.itl_ms = sim.itl_mean_us / 1000;
  return r;
}

// From the first request sent to the last chunk received; 0 if the times cannot be right.
double runtime_s(const std::vector<const RealRow*>& rows) {
  std::int64_t first_us = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_us = std::numeric_limits<std::int64_t>::min();
  for (const RealRow* row : rows) {
    first_us = std::min(first_us, row->send_us);
    last_us = std::max(last_us, row->last_chunk_us);
  }
  if (rows.empty() || first_us < 0 || last_us <= first_us) return 0;
  return static_cast<double>(last_us - first_us) / 1e6;
}

}  // namespace

GoodputComparison compare_goodput(const std::vector<RealRow>& rows, const SimResults& results,
                                  std::int64_t warm_up_requests, const ChunkGaps& gaps,
                                  const trace::GoodputTargets& targets) {
  GoodputComparison comparison;
  std::map<std::string, Tally> tallies;
  for (const auto& [name, target] : targets) tallies.try_emplace(name);
  std::vector<const RealRow*> matched;
  for (const RealRow& row : rows) {
    const auto sim = results.find(row.request_id);
    if (row.request_id < warm_up_requests || sim == results.end()) continue;
    matched.push_back(&row);

    const bool is_ok = row.status == "ok";
    if (!is_ok && row.status != "error" && row.status != "timeout") continue;
    const auto tally = tallies.find(row.slo_class.empty() ? "default" : row.slo_class);
    if (tally == tallies.end()) continue;
    const trace::GoodputTarget& target = targets.at(tally->first);
    ++tally->second.count;
    if (is_ok) {
      comparison.skipped_itl |= tally->second.real.count(real_latencies(row, gaps), target);
    }
    comparison.skipped_itl |= tally->second.sim.count(sim_latencies(sim->second), target);
  }

  const double seconds = runtime_s(matched);
  for (const auto& [name, tally] : tallies) {
    const trace::GoodputTarget& target = targets.at(name);
    comparison.classes[name] = {.count = tally.count,
                                .real = tally.real.summary(tally.count, seconds, target),
                                .sim = tally.sim.summary(tally.count, seconds, target)};
  }
  return comparison;
}

}  // namespace blis::calibrate
