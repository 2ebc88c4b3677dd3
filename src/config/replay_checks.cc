#include "config/replay_checks.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "config/checks.h"
#include "config/flags/policy_names.h"
#include "config/output_paths.h"
#include "workload/think_time.h"

namespace blis::config {
namespace {

InputLocation at(std::string_view flag) { return {"", 0, std::string(flag)}; }

void require_file(std::string_view flag, const std::string& path) {
  if (path.empty()) throw ConfigError(at(flag), "is required");
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw ConfigError(at(flag), fmt::format("there is no file {}", path));
  }
}

}  // namespace

trace::ReplayOptions resolve_replay_options(const ReplayFlags& f) {
  require_file("--trace-header", *f.trace_header);
  require_file("--trace-data", *f.trace_data);
  require_name(at("--session-mode"), "session mode", *f.session_mode, session_mode_names(), false);
  const bool closed_loop = *f.session_mode == "closed-loop";
  require_at_least("--think-time-ms", *f.think_time_ms, 0);
  if (*f.think_time_ms > 0 && !closed_loop) {
    throw ConfigError(at("--think-time-ms"), "needs --session-mode closed-loop");
  }
  if (f.think_time_dist.is_set) {
    if (!closed_loop)
      throw ConfigError(at("--think-time-dist"), "needs --session-mode closed-loop");
    if (f.think_time_ms.is_set)
      throw ConfigError(at("--think-time-dist"), "excludes --think-time-ms");
  }
  check_output_path("--results-path", *f.results_path);

  trace::ReplayOptions options;
  options.seed = *f.simulation.control.seed;
  options.closed_loop = closed_loop;
  if (f.simulation.control.horizon.is_set) options.horizon = Micros(*f.simulation.control.horizon);
  if (f.think_time_dist.is_set) {
    options.think_time = workload::parse_think_time(*f.think_time_dist);
  } else if (*f.think_time_ms > 0) {
    constexpr std::int64_t kMicrosPerMilli = 1000;
    options.think_time = workload::make_constant_sampler(*f.think_time_ms * kMicrosPerMilli);
  }
  return options;
}

}  // namespace blis::config
