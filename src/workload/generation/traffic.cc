#include "workload/generation/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "base/number_text.h"
#include "random/elementary.h"
#include "workload/wrapping.h"

namespace blis::workload {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

/// Active at the start of every hour of one day, longest at the peak hour: a duty cycle, not a rate
/// [QUIRK, spec 25.1 item 20].
void append_diurnal(const DiurnalSpec& diurnal, std::vector<WindowSpec>& windows) {
  const double ratio = diurnal.peak_to_trough_ratio;
  for (std::int64_t hour = 0; hour < 24; ++hour) {
    const double angle =
        2.0 * std::numbers::pi * static_cast<double>(hour - diurnal.peak_hour) / 24.0;
    const double multiplier = (1.0 + random::cos(angle)) / 2.0 * (1.0 - 1.0 / ratio) + 1.0 / ratio;
    const std::int64_t active_us = std::clamp<std::int64_t>(
        truncate_to_int64(static_cast<double>(kHourUs) * multiplier), 1, kHourUs);
    WindowSpec window;
    window.start_us = hour * kHourUs;
    window.end_us = window.start_us + active_us;
    windows.push_back(std::move(window));
  }
}

void append_spike(const SpikeSpec& spike, std::int64_t population,
                  std::vector<WindowSpec>& windows) {
  WindowSpec window;
  window.start_us = spike.start_time_us;
  window.end_us = wrapping_add(spike.start_time_us, spike.duration_us);
  if (spike.trace_rate_per_s) {
    window.trace_rate_per_s = *spike.trace_rate_per_s / static_cast<double>(population);
  }
  windows.push_back(std::move(window));
}

/// Always on before the ramp, then ten slices of which less and less is active.
void append_drain(const DrainSpec& drain, std::vector<WindowSpec>& windows) {
  constexpr std::int64_t kSlices = 10;
  const std::int64_t slice_us = std::max<std::int64_t>(1, drain.ramp_duration_us / kSlices);
  if (drain.start_time_us > 0) {
    WindowSpec before;
    before.end_us = drain.start_time_us;
    windows.push_back(std::move(before));
  }
  for (std::int64_t i = 0; i < kSlices; ++i) {
    const double fraction = static_cast<double>(kSlices - i) / static_cast<double>(kSlices);
    WindowSpec window;
    window.start_us = wrapping_add(drain.start_time_us, i * slice_us);
    const std::int64_t active_us =
        std::max<std::int64_t>(1, truncate_to_int64(static_cast<double>(slice_us) * fraction));
    window.end_us = wrapping_add(window.start_us, active_us);
    windows.push_back(std::move(window));
  }
}

TrafficClient make_client(const ClientSpec& spec, SymbolTable& symbols) {
  TrafficClient client;
  client.spec = &spec;
  client.rate_fraction = spec.rate_fraction;
  client.id = symbols.intern(spec.id);
  client.prefix_group = symbols.intern(spec.prefix_group);
  client.tenant = symbols.intern(spec.tenant_id);
  client.slo_class = symbols.intern(spec.slo_class);
  client.model = symbols.intern(spec.model);
  client.adapter = symbols.intern(spec.adapter);
  return client;
}

}  // namespace

std::vector<WindowSpec> cohort_windows(const CohortSpec& cohort) {
  std::vector<WindowSpec> windows;
  if (cohort.diurnal) append_diurnal(*cohort.diurnal, windows);
  if (cohort.spike) append_spike(*cohort.spike, cohort.population, windows);
  if (cohort.drain) append_drain(*cohort.drain, windows);
  return windows;
}

Traffic expand_clients(const WorkloadSpec& spec, SymbolTable& symbols) {
  Traffic traffic;
  const auto share_activity = [&](std::vector<WindowSpec> windows) {
    return traffic.activities.emplace_back(std::make_unique<const Activity>(std::move(windows)))
        .get();
  };
  const Activity* always = share_activity({});

  for (const ClientSpec& client_spec : spec.clients) {
    TrafficClient client = make_client(client_spec, symbols);
    const bool has_windows = client_spec.windows && !client_spec.windows->empty();
    client.activity = has_windows ? share_activity(*client_spec.windows) : always;
    traffic.clients.push_back(client);
  }
  for (const CohortSpec& cohort : spec.cohorts) {
    if (cohort.population <= 0) continue;
    TrafficClient member = make_client(cohort.member, symbols);
    std::vector<WindowSpec> windows = cohort_windows(cohort);
    member.activity = windows.empty() ? always : share_activity(std::move(windows));
    member.rate_fraction = cohort.member.rate_fraction / static_cast<double>(cohort.population);
    const bool own_prefix =
        cohort.prefix_sharing == "per_member" && !cohort.member.prefix_group.empty();
    for (std::int64_t j = 0; j < cohort.population; ++j) {
      member.id = symbols.intern(fmt::format("{}-{}", cohort.member.id, j));
      if (own_prefix) {
        member.prefix_group = symbols.intern(fmt::format("{}-{}", cohort.member.prefix_group, j));
      }
      traffic.clients.push_back(member);
    }
  }
  return traffic;
}

bool is_time_varying(const Traffic& traffic) {
  return std::ranges::any_of(traffic.activities, [](const auto& activity) {
    return std::ranges::any_of(activity->windows(), &WindowSpec::has_override);
  });
}

}  // namespace blis::workload
