#include "workload/run_workload.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "workload/inference_perf.h"
#include "workload/servegen.h"
#include "workload/spec_reader.h"
#include "workload/think_time.h"

namespace blis::workload {
namespace {

constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

[[noreturn]] void fail(std::string_view flag, std::string_view message) {
  throw ConfigError(InputLocation{{}, 0, std::string(flag)}, message);
}

void check_non_negative(std::string_view flag, std::int64_t value) {
  if (value < 0) fail(flag, fmt::format("must be non-negative, got {}", value));
}

void check_rate(double rate_per_s) {
  if (!(rate_per_s > 0) || !std::isfinite(rate_per_s)) {
    fail("--rate",
         fmt::format("must be a finite number of requests per second above 0, got {}", rate_per_s));
  }
}

/// The clock of a timeout flag: µs, or 0 for "no deadline" if the flag is negative.
std::int64_t timeout_us(std::int64_t timeout_s) {
  return timeout_s < 0 ? 0
                       : (timeout_s > kUnbounded / kMicrosPerSecond ? kUnbounded
                                                                    : timeout_s * kMicrosPerSecond);
}

/// Lazy generation wants clients and cohorts. Dropping the sections hides that they exclude clients
/// [QUIRK, spec workload 15.6].
void expand_sections(WorkloadSpec& spec, Diagnostics& diagnostics) {
  if (spec.inference_perf && spec.clients.empty()) {
    expand_inference_perf(spec, diagnostics);
  } else if (spec.servegen_data && !spec.inference_perf && spec.clients.empty() &&
             spec.cohorts.empty()) {
    load_servegen_data(spec, diagnostics);
  }
  spec.inference_perf.reset();
  spec.servegen_data.reset();
}

void set_timeouts(WorkloadSpec& spec, std::int64_t timeout) {
  for (ClientSpec& client : spec.clients) client.timeout_us = timeout;
  for (CohortSpec& cohort : spec.cohorts) cohort.member.timeout_us = timeout;
}

void check_run_flags(const RunWorkloadFlags& flags) {
  check_non_negative("--num-requests", flags.num_requests.value);
  check_non_negative("--prefix-tokens", flags.tokens.prefix_tokens);
  check_non_negative("--concurrency", flags.concurrency);
  check_non_negative("--think-time-ms", flags.think_time_ms);
  if (flags.concurrency > 0 && flags.rate_per_s.is_set) {
    fail("--concurrency", "mutually exclusive with --rate: waiting users have no arrival rate");
  }
}

WorkloadSpec select_run_spec(const RunWorkloadFlags& flags, const Presets& presets,
                             Diagnostics& diagnostics) {
  if (!flags.workload_spec.empty()) {
    if (flags.concurrency > 0) fail("--concurrency", "mutually exclusive with --workload-spec");
    WorkloadSpec spec = load_workload_spec(flags.workload_spec, diagnostics);
    if (flags.seed.is_set) spec.seed = flags.seed.value;
    return spec;
  }
  if (flags.concurrency > 0) {
    check_token_flags(flags.tokens);
    return synthesize_concurrency(flags.tokens, flags.concurrency, flags.think_time_ms,
                                  flags.num_requests.is_set ? flags.num_requests.value : 0,
                                  flags.seed.value);
  }
  check_rate(flags.rate_per_s.value);
  const bool is_preset = flags.workload != "distribution";
  if (!is_preset) check_token_flags(flags.tokens);
  const TokenShape& shape = is_preset ? find_preset(presets, flags.workload) : flags.tokens;
  return synthesize_open_loop(shape, flags.rate_per_s.value, flags.num_requests.value,
                              flags.seed.value);
}

void check_bounded(const GenerationOptions& options) {
  if (options.max_requests <= 0 && options.horizon == Micros::max()) {
    throw ConfigError(
        "the workload needs num_requests or horizon: give --num-requests or --horizon, or the key "
        "in "
        "the workload spec");
  }
}

}  // namespace

ResolvedWorkload resolve_run_workload(const RunWorkloadFlags& flags, const Presets& presets,
                                      Diagnostics& diagnostics) {
  check_run_flags(flags);
  ResolvedWorkload resolved;
  resolved.is_from_file = !flags.workload_spec.empty();
  resolved.spec = select_run_spec(flags, presets, diagnostics);
  WorkloadSpec& spec = resolved.spec;
  GenerationOptions& options = resolved.options;

  if (flags.timeout_s.value == 0) {
    fail("--timeout",
         "must not be 0: a positive number of seconds, or a negative one for no deadline");
  }
  options.lazy = flags.lazy_generation;
  if (options.lazy) expand_sections(spec, diagnostics);
  if (!resolved.is_from_file || flags.timeout_s.is_set) {
    options.timeout_override_us = timeout_us(flags.timeout_s.value);
    set_timeouts(spec, *options.timeout_override_us);
  }

  options.max_requests = flags.num_requests.is_set ? flags.num_requests.value : spec.num_requests;
  options.horizon = Micros(flags.horizon_us.value);
  if (!flags.horizon_us.is_set && resolved.is_from_file && spec.horizon_us > 0) {
    options.horizon = Micros(spec.horizon_us);
  }
  check_bounded(options);
  if (options.horizon <= Micros(0)) {
    fail("--horizon", fmt::format("must be positive, got {}", options.horizon.count()));
  }
  return resolved;
}

namespace {

void check_observe_flags(const ObserveWorkloadFlags& flags) {
  check_non_negative("--concurrency", flags.concurrency);
  check_non_negative("--num-requests", flags.num_requests.value);
  check_non_negative("--think-time-ms", flags.think_time_ms.value);
  check_non_negative("--prefix-tokens", flags.tokens.prefix_tokens);
  check_non_negative("--horizon", flags.horizon_us.value);
  const bool has_preset = !flags.workload.value.empty();
  const bool has_file = !flags.workload_spec.empty();
  if (!has_preset && !has_file && !flags.rate_per_s.is_set && flags.concurrency == 0) {
    throw ConfigError("one of --workload, --workload-spec, --rate, --concurrency is required");
  }
  if (flags.rate_per_s.is_set) check_rate(flags.rate_per_s.value);
  if (flags.concurrency > 0 && flags.rate_per_s.is_set) {
    fail("--concurrency", "mutually exclusive with --rate: waiting users have no arrival rate");
  }
  if (flags.concurrency > 0 && has_file) {
    fail("--concurrency", "mutually exclusive with --workload-spec");
  }
  if (has_preset) {
    if (has_file) fail("--workload", "mutually exclusive with --workload-spec");
    if (flags.concurrency > 0) fail("--workload", "mutually exclusive with --concurrency");
    if (!flags.rate_per_s.is_set) fail("--workload", "a preset needs --rate");
  }
  if (!flags.think_time_dist.empty()) {
    if (flags.concurrency <= 0) fail("--think-time-dist", "requires --concurrency");
    if (flags.think_time_ms.is_set) {
      fail("--think-time-dist", "mutually exclusive with --think-time-ms");
    }
  }
}

WorkloadSpec select_observe_spec(const ObserveWorkloadFlags& flags, const Presets& presets,
                                 Diagnostics& diagnostics) {
  if (!flags.workload_spec.empty()) {
    WorkloadSpec spec = load_workload_spec(flags.workload_spec, diagnostics);
    if (flags.seed.is_set) spec.seed = flags.seed.value;
    return spec;
  }
  if (!flags.workload.value.empty()) {
    return synthesize_open_loop(find_preset(presets, flags.workload.value), flags.rate_per_s.value,
                                flags.num_requests.value, flags.seed.value);
  }
  check_token_flags(flags.tokens);
  return flags.concurrency > 0
             ? synthesize_concurrency(flags.tokens, flags.concurrency, flags.think_time_ms.value,
                                      flags.num_requests.value, flags.seed.value)
             : synthesize_open_loop(flags.tokens, flags.rate_per_s.value, flags.num_requests.value,
                                    flags.seed.value);
}

}  // namespace

ResolvedWorkload resolve_observe_workload(const ObserveWorkloadFlags& flags, const Presets& presets,
                                          Diagnostics& diagnostics) {
  check_observe_flags(flags);
  ResolvedWorkload resolved;
  resolved.is_from_file = !flags.workload_spec.empty();
  resolved.spec = select_observe_spec(flags, presets, diagnostics);
  GenerationOptions& options = resolved.options;
  options.lazy = flags.lazy_generation;
  options.max_requests =
      flags.num_requests.value > 0 ? flags.num_requests.value : resolved.spec.num_requests;
  if (flags.horizon_us.value > 0) {
    options.horizon = Micros(flags.horizon_us.value);
  } else if (resolved.spec.horizon_us > 0) {
    options.horizon = Micros(resolved.spec.horizon_us);
  }
  if (!flags.think_time_dist.empty()) options.think_time = parse_think_time(flags.think_time_dist);
  check_bounded(options);
  return resolved;
}

}  // namespace blis::workload
