#include "config/observe_checks.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "config/checks.h"
#include "config/flags/policy_names.h"

namespace blis::config {
namespace {

constexpr std::int64_t kLongestTimeoutS = 86'400;

[[noreturn]] void refuse(std::string_view flag, std::string_view message) {
  throw ConfigError({"", 0, std::string(flag)}, message);
}

void require_text(std::string_view flag, const Flag<std::string>& value) {
  if (value->empty()) refuse(flag, "is required");
}

void check_workload_choice(const ObserveFlags& f) {
  const bool preset = !f.workload->empty();
  const bool spec = !f.workload_spec->empty();
  const bool closed_loop = *f.concurrency > 0;
  require_at_least("--concurrency", *f.concurrency, 0);
  if (!preset && !spec && !f.rate.is_set && !closed_loop) {
    throw ConfigError("one of --workload, --workload-spec, --rate and --concurrency is required");
  }
  if (spec && closed_loop) refuse("--workload-spec", "excludes --concurrency");
  if (spec && preset) refuse("--workload-spec", "excludes --workload");
  if (preset && closed_loop) refuse("--workload", "excludes --concurrency");
  if (preset && !f.rate.is_set) refuse("--workload", "needs --rate");
  if (f.rate.is_set) {
    require_finite_above_zero("--rate", *f.rate);
    if (closed_loop) refuse("--rate", "excludes --concurrency");
  }
  require_at_least("--think-time-ms", *f.think_time_ms, 0);
  if (f.think_time_dist.is_set) {
    if (f.think_time_ms.is_set) refuse("--think-time-dist", "excludes --think-time-ms");
    if (!closed_loop) refuse("--think-time-dist", "needs --concurrency");
  }
}

}  // namespace

void check_observe_flags(const ObserveFlags& f, Diagnostics& diagnostics) {
  require_text("--server-url", f.server_url);
  require_text("--model", f.model);
  require_text("--trace-header", f.trace_header);
  require_text("--trace-data", f.trace_data);
  check_workload_choice(f);
  require_name({"", 0, "--api-format"}, "API format", *f.api_format, api_format_names(), false);
  require_at_least("--max-concurrency", *f.max_concurrency, 1);
  require_at_least("--timeout", *f.timeout, 1);
  if (*f.timeout > kLongestTimeoutS) refuse("--timeout", "is longer than a day (86400)");
  require_at_least("--warmup-requests", *f.warmup_requests, 0);
  if (f.prewarm_duration->count < 0) refuse("--prewarm-duration", "is negative");
  require_finite_at_least_zero("--rtt-ms", *f.rtt_ms);
  if (*f.no_streaming && *f.record_itl) refuse("--no-streaming", "excludes --record-itl");
  if (*f.no_streaming && *f.streaming) refuse("--no-streaming", "excludes --streaming");
  if (*f.no_streaming && *f.content_chunks_only) {
    diagnostics.warn("--content-chunks-only has no effect with --no-streaming");
  }
  if (f.itl_output.is_set && !*f.record_itl) {
    diagnostics.warn("--itl-output has no effect without --record-itl");
  }
  if (!*f.scrape_kv_metrics && (!f.kv_metrics_url->empty() || !f.vllm_commit->empty())) {
    diagnostics.warn(
        "--kv-metrics-url and --vllm-commit have no effect without --scrape-kv-metrics");
  }
}

}  // namespace blis::config
