#include "workload/validation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "workload/arrival_process.h"
#include "workload/length_sampler.h"

namespace blis::workload {
namespace {

constexpr std::string_view kSloClasses[] = {"critical", "standard", "sheddable", "batch",
                                            "background"};
constexpr std::string_view kCategories[] = {"language", "multimodal", "reasoning"};
constexpr std::string_view kPrefixSharings[] = {"shared", "per_member"};
constexpr std::int64_t kMaxPopulation = 100'000;
constexpr double kMinWeibullCv = 0.01;
constexpr double kMaxWeibullCv = 10.4;

/// A place in the spec: the item that has a line, and the path to the value. What is wrong there
/// goes into the list of mistakes.
struct Place {
  const std::string& file;
  std::vector<std::string>& mistakes;
  int line = 0;
  std::string path{};

  /// A place that does not lie below this one.
  Place at(std::string_view key, int its_line = 0) const {
    return {file, mistakes, its_line, std::string(key)};
  }
  Place operator/(std::string_view key) const {
    return {file, mistakes, line, path + "." + std::string(key)};
  }

  void fail(std::string_view message) const {
    mistakes.push_back("invalid workload spec: " +
                       format_error(InputLocation{file, line, path}, message));
  }
};

void check_positive(const Place& place, double value) {
  if (!std::isfinite(value)) {
    place.fail(fmt::format("must be a finite number, got {}", value));
  } else if (!(value > 0)) {
    place.fail(fmt::format("must be positive, got {}", value));
  }
}

void check_optional_positive(const Place& place, const std::optional<double>& value) {
  if (value) check_positive(place, *value);
}

void check_slo_class(const Place& place, const std::string& slo_class) {
  if (!slo_class.empty() && std::ranges::find(kSloClasses, slo_class) == std::end(kSloClasses)) {
    place.fail(unknown_name("SLO class", slo_class, kSloClasses));
  }
}

void check_process(const Place& place, const ArrivalSpec& arrival) {
  if (find_arrival_process(arrival.process) == nullptr) {
    std::vector<std::string_view> names;
    for (const ArrivalProcessEntry& entry : arrival_process_entries()) names.push_back(entry.name);
    (place / "process").fail(unknown_name("arrival process", arrival.process, names));
  }
  // Beyond these the solver for the shape finds nothing.
  if (arrival.process == "weibull" && arrival.cv && !arrival.has_positive_shape_and_scale() &&
      !(*arrival.cv >= kMinWeibullCv && *arrival.cv <= kMaxWeibullCv)) {
    (place / "cv")
        .fail(fmt::format("weibull cv must be in [{}, {}], got {}", kMinWeibullCv, kMaxWeibullCv,
                          *arrival.cv));
  }
}

/// False if there is no such distribution.
bool check_distribution(const Place& place, const DistributionSpec& distribution) {
  const LengthSamplerEntry* const known = find_length_sampler(distribution.type);
  if (known == nullptr) {
    std::vector<std::string_view> names;
    for (const LengthSamplerEntry& entry : length_sampler_entries()) names.push_back(entry.name);
    (place / "type").fail(unknown_name("distribution type", distribution.type, names));
  }
  for (const auto& [name, value] : distribution.params) {
    if (!std::isfinite(value)) {
      (place / fmt::format("params.{}", name))
          .fail(fmt::format("must be a finite number, got {}", value));
    }
  }
  return known != nullptr;
}

void check_override(const Place& place, const std::optional<DistributionSpec>& distribution) {
  if (!distribution || !check_distribution(place, *distribution)) return;
  try {
    (void)make_length_sampler(*distribution);
  } catch (const ConfigError& error) {
    place.fail(error.what());
  }
}

void check_windows(const Place& client, const std::vector<WindowSpec>& windows) {
  if (windows.empty()) (client / "lifecycle.windows").fail("at least one window is required");
  for (std::size_t j = 0; j < windows.size(); ++j) {
    const WindowSpec& window = windows[j];
    const Place place = client / fmt::format("lifecycle.windows[{}]", j);
    if (window.start_us < 0) {
      (place / "start_us").fail(fmt::format("must be non-negative, got {}", window.start_us));
    }
    if (window.end_us <= window.start_us) {
      (place / "end_us")
          .fail(fmt::format("must be greater than start_us {}, got {}", window.start_us,
                            window.end_us));
    }
    check_override(place / "input_distribution", window.input_distribution);
    check_override(place / "output_distribution", window.output_distribution);
  }
}

void check_non_negative(const Place& place, std::string_view key,
                        const std::optional<std::int64_t>& value) {
  if (value && *value < 0) {
    (place / key).fail(fmt::format("{} must be non-negative, got {}", key, *value));
  }
}

void check_max_rounds(const Place& place, const ClientSpec& client) {
  const MultiTurnSpec* turns = client.multi_turn();
  if (turns != nullptr && turns->max_rounds < 1) {
    (place / "reasoning.multi_turn.max_rounds")
        .fail(fmt::format("max_rounds must be >= 1, got {}", turns->max_rounds));
  }
}

void check_client(const Place& place, const ClientSpec& client) {
  check_slo_class(place / "slo_class", client.slo_class);
  check_non_negative(place, "concurrency", client.concurrency);
  check_non_negative(place, "think_time_us", client.think_time_us);
  const bool is_pool = client.concurrency > 0;
  if (is_pool && client.rate_fraction > 0) {
    place.fail(fmt::format("concurrency {} and rate_fraction {} are mutually exclusive",
                           client.concurrency, client.rate_fraction));
  }
  const Place arrival = place / "arrival";
  if (!is_pool) {
    check_positive(place / "rate_fraction", client.rate_fraction);
    if (!client.injected_arrivals) check_process(arrival, client.arrival);
    check_optional_positive(arrival / "cv", client.arrival.cv);
  }
  check_optional_positive(arrival / "shape", client.arrival.shape);
  check_optional_positive(arrival / "scale", client.arrival.scale);
  check_non_negative(place, "prefix_length", client.prefix_length);
  check_distribution(place / "input_distribution", client.input_distribution);
  check_distribution(place / "output_distribution", client.output_distribution);
  check_non_negative(place, "timeout", client.timeout_us);
  check_non_negative(place, "slo_target_us", client.slo_target_us);
  check_max_rounds(place, client);
  if (client.windows) check_windows(place, *client.windows);
}

void check_patterns(const Place& place, const CohortSpec& cohort) {
  const auto require_non_negative = [&](std::string_view key, std::int64_t value) {
    if (value < 0) (place / key).fail(fmt::format("must be non-negative, got {}", value));
  };
  const auto require_positive = [&](std::string_view key, std::int64_t value) {
    if (value <= 0) (place / key).fail(fmt::format("must be positive, got {}", value));
  };
  if (cohort.diurnal) {
    const double ratio = cohort.diurnal->peak_to_trough_ratio;
    if (!std::isfinite(ratio) || ratio < 1) {
      (place / "diurnal.peak_to_trough_ratio")
          .fail(fmt::format("peak_to_trough_ratio must be a finite number >= 1, got {}", ratio));
    }
    const std::int64_t hour = cohort.diurnal->peak_hour;
    if (hour < 0 || hour > 23) {
      (place / "diurnal.peak_hour").fail(fmt::format("must be 0 to 23, got {}", hour));
    }
  }
  if (cohort.spike) {
    require_non_negative("spike.start_time_us", cohort.spike->start_time_us);
    require_positive("spike.duration_us", cohort.spike->duration_us);
  }
  if (cohort.drain) {
    require_non_negative("drain.start_time_us", cohort.drain->start_time_us);
    require_positive("drain.ramp_duration_us", cohort.drain->ramp_duration_us);
  }
}

void check_cohort(const Place& place, const CohortSpec& cohort) {
  const ClientSpec& member = cohort.member;
  if (cohort.population <= 0) {
    (place / "population")
        .fail(fmt::format("population must be positive, got {}", cohort.population));
  }
  if (cohort.population > kMaxPopulation) {
    (place / "population")
        .fail(fmt::format("at most {} members are possible, got {}", kMaxPopulation,
                          cohort.population));
  }
  check_positive(place / "rate_fraction", member.rate_fraction);
  check_slo_class(place / "slo_class", member.slo_class);
  const Place arrival = place / "arrival";
  check_process(arrival, member.arrival);
  check_optional_positive(arrival / "cv", member.arrival.cv);
  check_optional_positive(arrival / "shape", member.arrival.shape);
  check_optional_positive(arrival / "scale", member.arrival.scale);
  check_distribution(place / "input_distribution", member.input_distribution);
  check_distribution(place / "output_distribution", member.output_distribution);
  check_patterns(place, cohort);
  check_non_negative(place, "prefix_length", member.prefix_length);
  if (!cohort.prefix_sharing.empty() &&
      std::ranges::find(kPrefixSharings, cohort.prefix_sharing) == std::end(kPrefixSharings)) {
    (place / "prefix_sharing")
        .fail(unknown_name("prefix sharing", cohort.prefix_sharing, kPrefixSharings));
  }
  if (cohort.prefix_sharing == "per_member" && member.prefix_group.empty()) {
    (place / "prefix_sharing").fail("per_member requires a prefix_group");
  }
  check_non_negative(place, "timeout", member.timeout_us);
  check_non_negative(place, "slo_target_us", member.slo_target_us);
  check_max_rounds(place, member);
}

Place client_place(const Place& root, const WorkloadSpec& spec, std::size_t i) {
  return root.at(fmt::format("client[{}]", i), spec.clients[i].line);
}

Place cohort_place(const Place& root, const WorkloadSpec& spec, std::size_t i) {
  return root.at(fmt::format("cohort[{}]", i), spec.cohorts[i].member.line);
}

/// Without an aggregate rate every active interval has to say how many requests per second it
/// brings.
void check_absolute_rates(const Place& root, const WorkloadSpec& spec) {
  for (std::size_t i = 0; i < spec.clients.size(); ++i) {
    const ClientSpec& client = spec.clients[i];
    if (client.concurrency != 0) continue;
    const Place place = client_place(root, spec, i);
    if (!client.windows || client.windows->empty()) {
      place.fail("absolute rate mode (aggregate_rate 0): the client has no lifecycle windows");
      continue;
    }
    for (std::size_t j = 0; j < client.windows->size(); ++j) {
      if (!(*client.windows)[j].trace_rate_per_s) {
        (place / fmt::format("lifecycle.windows[{}]", j))
            .fail("absolute rate mode (aggregate_rate 0): the window has no trace_rate");
      }
    }
  }
  for (std::size_t i = 0; i < spec.cohorts.size(); ++i) {
    const CohortSpec& cohort = spec.cohorts[i];
    const Place place = cohort_place(root, spec, i);
    if (cohort.diurnal) {
      (place / "diurnal")
          .fail("absolute rate mode (aggregate_rate 0) does not allow a diurnal pattern");
    }
    if (cohort.drain) {
      (place / "drain")
          .fail("absolute rate mode (aggregate_rate 0) does not allow a drain pattern");
    }
    if (!cohort.spike) {
      place.fail(
          "absolute rate mode (aggregate_rate 0): the cohort has no lifecycle windows; give it a "
          "spike with trace_rate");
    } else if (!cohort.spike->trace_rate_per_s) {
      (place / "spike").fail("absolute rate mode (aggregate_rate 0): spike without trace_rate");
    } else {
      check_positive(place / "spike.trace_rate", *cohort.spike->trace_rate_per_s);
    }
  }
}

void check_rates(const Place& root, const WorkloadSpec& spec) {
  const bool is_rate_based =
      !spec.cohorts.empty() || std::ranges::any_of(spec.clients, [](const ClientSpec& client) {
        return client.concurrency == 0;
      });
  if (!is_rate_based) return;
  if (spec.aggregate_rate_per_s == 0) {
    check_absolute_rates(root, spec);
  } else {
    check_positive(root.at("aggregate_rate"), spec.aggregate_rate_per_s);
  }
}

void check_no_mixed_users(const Place& root, const WorkloadSpec& spec) {
  const bool has_pool = std::ranges::any_of(
      spec.clients, [](const ClientSpec& client) { return client.concurrency > 0; });
  if (!has_pool) return;
  const auto refuse = [](const Place& place) {
    (place / "reasoning.multi_turn")
        .fail("multi-turn sessions cannot be mixed with concurrency clients");
  };
  for (std::size_t i = 0; i < spec.clients.size(); ++i) {
    if (spec.clients[i].multi_turn() != nullptr) refuse(client_place(root, spec, i));
  }
  for (std::size_t i = 0; i < spec.cohorts.size(); ++i) {
    if (spec.cohorts[i].member.multi_turn() != nullptr) refuse(cohort_place(root, spec, i));
  }
}

/// Either everybody names a class or nobody does; generated clients of a section are not looked at.
void check_slo_consistency(const Place& root, const WorkloadSpec& spec) {
  std::vector<std::string> with;
  std::vector<std::string> without;
  const auto count = [&](const std::string& slo_class, std::string path) {
    (slo_class.empty() ? without : with).push_back(std::move(path));
  };
  if (!spec.inference_perf && !spec.servegen_data) {
    for (std::size_t i = 0; i < spec.clients.size(); ++i) {
      count(spec.clients[i].slo_class, fmt::format("clients[{}]", i));
    }
  }
  for (std::size_t i = 0; i < spec.cohorts.size(); ++i) {
    count(spec.cohorts[i].member.slo_class, fmt::format("cohorts[{}]", i));
  }
  if (with.empty() || without.empty()) return;
  const auto examples = [](const std::vector<std::string>& paths) {
    constexpr std::size_t kShown = 3;
    const std::size_t shown = std::min(paths.size(), kShown);
    return fmt::format(
        "{} ({}{})", paths.size(),
        fmt::join(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        paths.size() > kShown ? ", ..." : "");
  };
  root.at("slo_class")
      .fail(fmt::format("mixed slo_class specification: {} with a class, {} without; give all of "
                        "them one, or none",
                        examples(with), examples(without)));
}

}  // namespace

std::vector<std::string> find_mistakes(const WorkloadSpec& spec) {
  std::vector<std::string> mistakes;
  const Place root{spec.file, mistakes};
  if (!spec.category.empty() &&
      std::ranges::find(kCategories, spec.category) == std::end(kCategories)) {
    root.at("category").fail(unknown_name("category", spec.category, kCategories));
  }
  check_rates(root, spec);
  if (spec.clients.empty() && spec.cohorts.empty() && !spec.servegen_data) {
    root.at("clients").fail("at least one client or cohort is required");
  }
  for (std::size_t i = 0; i < spec.clients.size(); ++i) {
    check_client(client_place(root, spec, i), spec.clients[i]);
  }
  check_no_mixed_users(root, spec);
  for (std::size_t i = 0; i < spec.cohorts.size(); ++i) {
    check_cohort(cohort_place(root, spec, i), spec.cohorts[i]);
  }
  check_slo_consistency(root, spec);
  return mistakes;
}

void validate(const WorkloadSpec& spec) {
  const std::vector<std::string> mistakes = find_mistakes(spec);
  if (!mistakes.empty()) throw ConfigError(fmt::format("{}", fmt::join(mistakes, "\n")));
}

void check_single_source(const WorkloadSpec& spec) {
  std::vector<std::string_view> sources;
  if (!spec.clients.empty()) sources.push_back("clients");
  if (spec.servegen_data) sources.push_back("servegen_data");
  if (spec.inference_perf) sources.push_back("inference_perf");
  if (sources.size() <= 1) return;
  throw ConfigError(
      "invalid workload spec: " +
      format_error(
          InputLocation{spec.file, 0, fmt::format("{}", fmt::join(sources, ", "))},
          "mutually exclusive: a workload has one of clients, servegen_data, inference_perf"));
}

}  // namespace blis::workload
