#include "workload/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "workload/inference_perf.h"
#include "workload/servegen.h"
#include "workload/spec_reader.h"
#include "workload/validation.h"

namespace blis::workload {
namespace {

constexpr std::string_view kPeriods[] = {"midnight", "morning", "afternoon"};
constexpr std::int64_t kServegenSeed = 42;

[[noreturn]] void fail(std::string_view flag, std::string_view message) {
  throw ConfigError(InputLocation{{}, 0, std::string(flag)}, message);
}

/// Keeps the cohorts of one period. SOURCE spec workload 19.5.
void keep_period(WorkloadSpec& spec, const std::string& period) {
  if (std::ranges::find(kPeriods, period) == std::end(kPeriods)) {
    fail("--time", unknown_name("period", period, kPeriods));
  }
  if (spec.category == "reasoning") {
    fail("--time", "reasoning data has no periods of the day; leave the flag out");
  }
  std::erase_if(spec.cohorts, [&](const CohortSpec& cohort) {
    return !cohort.member.id.starts_with(period + "-");
  });
  if (spec.cohorts.empty()) {
    fail("--time", fmt::format("the data set has no cohorts in period \"{}\"", period));
  }
}

}  // namespace

WorkloadSpec convert_preset(const Presets& presets, const std::string& name, double rate_per_s,
                            std::int64_t num_requests) {
  if (!(rate_per_s > 0) || !std::isfinite(rate_per_s)) {
    fail("--rate",
         fmt::format("must be a finite number of requests per second above 0, got {}", rate_per_s));
  }
  if (num_requests <= 0)
    fail("--num-requests", fmt::format("must be positive, got {}", num_requests));
  WorkloadSpec spec = synthesize_open_loop(find_preset(presets, name), rate_per_s, num_requests, 0);
  spec.clients.front().id = "preset-" + name;
  // Unlike a run, the file says the length as it stands, so that a negative one is refused.
  spec.clients.front().prefix_length = find_preset(presets, name).prefix_tokens;
  validate(spec);
  return spec;
}

WorkloadSpec convert_inference_perf(const std::string& file, Diagnostics& diagnostics) {
  WorkloadSpec source = load_workload_spec(file, diagnostics);
  if (!source.inference_perf) {
    throw ConfigError(InputLocation{file, 0, "inference_perf"}, "the file has no such section");
  }
  source.category.clear();  // the derived one counts
  expand_inference_perf(source, diagnostics);
  WorkloadSpec result;
  result.file = source.file;
  result.version = source.version;
  result.seed = source.seed;
  result.category = source.category;
  result.clients = std::move(source.clients);
  for (ClientSpec& client : result.clients) client.injected_arrivals.reset();
  result.aggregate_rate_per_s = source.aggregate_rate_per_s;
  validate(result);
  return result;
}

WorkloadSpec convert_servegen(const ServegenConversion& conversion, Diagnostics& diagnostics) {
  if (conversion.path.empty()) fail("--path", "is required");
  if (conversion.window_duration_s <= 0) {
    fail("--window-duration-seconds",
         fmt::format("must be positive, got {}", conversion.window_duration_s));
  }
  if (conversion.drain_timeout_s < 0) {
    fail("--drain-timeout-seconds",
         fmt::format("must be non-negative, got {}", conversion.drain_timeout_s));
  }
  if (!conversion.time.empty() &&
      std::ranges::find(kPeriods, conversion.time) == std::end(kPeriods)) {
    fail("--time", unknown_name("period", conversion.time, kPeriods));
  }
  WorkloadSpec spec;
  spec.version = "2";
  spec.seed = kServegenSeed;
  ServegenDataSpec data;
  data.path = conversion.path;
  data.window_duration_s = conversion.window_duration_s;
  data.drain_timeout_s = conversion.drain_timeout_s;
  spec.servegen_data = data;
  load_servegen_data(spec, diagnostics);
  spec.servegen_data.reset();
  if (!conversion.time.empty()) keep_period(spec, conversion.time);
  validate(spec);
  return spec;
}

WorkloadSpec compose(const std::vector<std::string>& files, Diagnostics& diagnostics) {
  if (files.empty()) fail("--from", "at least one file is required");
  std::vector<WorkloadSpec> sources;
  double total = 0;
  for (const std::string& file : files) {
    sources.push_back(load_workload_spec(file, diagnostics));
    total += sources.back().aggregate_rate_per_s;
  }
  if (!std::isfinite(total) || total < 0) {
    fail("--from", fmt::format("the aggregate rates of the files sum to {}", total));
  }
  WorkloadSpec result;
  result.version = "2";
  result.category = sources.front().category;
  result.aggregate_rate_per_s = total;
  for (WorkloadSpec& source : sources) {
    for (ClientSpec& client : source.clients) {
      if (total != 0) client.rate_fraction *= source.aggregate_rate_per_s / total;
      client.line = 0;  // of another file than the result
      result.clients.push_back(std::move(client));
    }
    if (!source.cohorts.empty() || source.inference_perf || source.servegen_data) {
      diagnostics.warn("compose merges clients only; cohorts and data sections are dropped",
                       source.file);
    }
  }
  validate(result);
  return result;
}

}  // namespace blis::workload
