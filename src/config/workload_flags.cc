#include "config/workload_flags.h"

namespace blis::config {
namespace {

template <typename T>
workload::FlagValue<T> with_origin(const Flag<T>& flag) {
  return {flag.value, flag.is_set};
}

workload::TokenLengths lengths(const LengthFlags& f) {
  return {.mean = *f.mean, .std_dev = *f.stdev, .min = *f.min, .max = *f.max};
}

workload::TokenShape shape(const TokenFlags& f) {
  return {
      .prefix_tokens = *f.prefix_tokens, .prompt = lengths(f.prompt), .output = lengths(f.output)};
}

}  // namespace

workload::RunWorkloadFlags workload_flags(const RunFlags& f) {
  return {.workload = *f.workload,
          .workload_spec = *f.workload_spec,
          .rate_per_s = with_origin(f.rate),
          .num_requests = with_origin(f.num_requests),
          .concurrency = *f.concurrency,
          .think_time_ms = *f.think_time_ms,
          .tokens = shape(f.tokens),
          .horizon_us = with_origin(f.simulation.control.horizon),
          .seed = with_origin(f.simulation.control.seed),
          .timeout_s = with_origin(f.timeout),
          .lazy_generation = *f.simulation.output.lazy_generation};
}

workload::ObserveWorkloadFlags workload_flags(const ObserveFlags& f) {
  return {.workload = with_origin(f.workload),
          .workload_spec = *f.workload_spec,
          .rate_per_s = with_origin(f.rate),
          .num_requests = with_origin(f.num_requests),
          .concurrency = *f.concurrency,
          .think_time_ms = with_origin(f.think_time_ms),
          .think_time_dist = *f.think_time_dist,
          .tokens = shape(f.tokens),
          .horizon_us = with_origin(f.horizon),
          .seed = with_origin(f.seed),
          .lazy_generation = *f.lazy_generation};
}

}  // namespace blis::config
