#include "workload/generation/client_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace blis::workload {
namespace {

constexpr double kMicrosPerSecond = 1e6;

std::vector<double> rates_without_windows(const Traffic& traffic, double aggregate) {
  double total = 0;
  for (const TrafficClient& client : traffic.clients) total += client.rate_fraction;
  std::vector<double> rates;
  rates.reserve(traffic.clients.size());
  for (const TrafficClient& client : traffic.clients) {
    rates.push_back(total == 0 ? 0.0
                               : aggregate * (client.rate_fraction / total) / kMicrosPerSecond);
  }
  return rates;
}

/// Sum of the positive weights of the clients that overlap `activity`, in client order: the order
/// is part of the result.
double overlapping_weight(const Traffic& traffic, const Activity& activity) {
  std::unordered_map<const Activity*, bool> overlaps;  // looked up only
  double sum = 0;
  for (const TrafficClient& other : traffic.clients) {
    if (!(other.rate_fraction > 0)) continue;
    const auto [found, is_new] = overlaps.try_emplace(other.activity, false);
    if (is_new) found->second = Activity::overlap(activity, *other.activity);
    if (found->second) sum += other.rate_fraction;
  }
  return sum;
}

std::vector<double> rates_with_windows(const Traffic& traffic, double aggregate) {
  std::unordered_map<const Activity*, double> sums;  // looked up only
  std::vector<double> rates;
  rates.reserve(traffic.clients.size());
  for (const TrafficClient& client : traffic.clients) {
    if (!(client.rate_fraction > 0)) {
      rates.push_back(0);
      continue;
    }
    const auto [found, is_new] = sums.try_emplace(client.activity, 0.0);
    if (is_new) found->second = overlapping_weight(traffic, *client.activity);
    rates.push_back(aggregate * (client.rate_fraction / found->second) / kMicrosPerSecond);
  }
  return rates;
}

}  // namespace

std::vector<double> static_client_rates(const Traffic& traffic, double aggregate_rate_per_s) {
  const bool has_windows = std::ranges::any_of(
      traffic.clients, [](const TrafficClient& client) { return !client.activity->is_always(); });
  return has_windows ? rates_with_windows(traffic, aggregate_rate_per_s)
                     : rates_without_windows(traffic, aggregate_rate_per_s);
}

double WindowRates::rate_per_s(const TrafficClient& client, const WindowSpec& window,
                               std::int64_t end_us, Diagnostics& diagnostics) {
  if (aggregate_rate_per_s_ == 0 && window.trace_rate_per_s) return *window.trace_rate_per_s;
  const double total = total_weight(window.start_us, end_us);
  if (total == 0) {
    diagnostics.warn(
        "window without any competing weight generates nothing",
        fmt::format("client \"{}\", [{}, {}) µs", client.spec->id, window.start_us, end_us));
    return 0;
  }
  const double weight = window.trace_rate_per_s.value_or(client.rate_fraction);
  return aggregate_rate_per_s_ * (weight / total);
}

double WindowRates::total_weight(std::int64_t start_us, std::int64_t end_us) {
  const auto [cached, is_new] = totals_.try_emplace({start_us, end_us}, 0.0);
  if (!is_new) return cached->second;
  std::unordered_map<const Activity*, const WindowSpec*> first_overlapping;  // looked up only
  double total = 0;
  for (const TrafficClient& other : traffic_.clients) {
    if (other.activity->is_always()) {
      total += other.rate_fraction;
      continue;
    }
    const auto [found, unseen] = first_overlapping.try_emplace(other.activity, nullptr);
    if (unseen) {
      for (const WindowSpec& window : other.activity->windows()) {
        if (window.start_us < end_us && start_us < window.end_us) {
          found->second = &window;
          break;
        }
      }
    }
    if (found->second != nullptr) {
      total += found->second->trace_rate_per_s.value_or(other.rate_fraction);
    }
  }
  return cached->second = total;
}

}  // namespace blis::workload
