// Which workload `run` and `observe` mean: flags, spec file, presets, and who overrides whom.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "base/diagnostics.h"
#include "workload/generate.h"
#include "workload/synthesis.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// A flag's value, and whether it stood on the command line.
template <typename T>
struct FlagValue {
  T value{};
  bool is_set = false;
};

/// The workload flags of `run` with their defaults. SOURCE spec workload 1.
struct RunWorkloadFlags {
  std::string workload = "distribution";
  std::string workload_spec;
  FlagValue<double> rate_per_s{1.0};
  FlagValue<std::int64_t> num_requests{100};
  std::int64_t concurrency = 0;
  std::int64_t think_time_ms = 0;
  TokenShape tokens;  ///< --prefix-tokens, --prompt-tokens*, --output-tokens*
  FlagValue<std::int64_t> horizon_us{std::numeric_limits<std::int64_t>::max()};
  FlagValue<std::int64_t> seed{42};
  FlagValue<std::int64_t> timeout_s{300};
  bool lazy_generation = false;
};

/// A workload ready for generate(): `generate(w.spec, w.options, ...)` after setting
/// `options.block_size`.
struct ResolvedWorkload {
  WorkloadSpec spec;
  GenerationOptions options;  ///< horizon, cap, laziness, timeout
  bool is_from_file = false;
};

/// Steps 1-7 of `run`: checks the flags, reads the file, applies precedence. `presets` are those of
/// the defaults file and only looked at when a preset is named. THROWS ConfigError naming the flag
/// or the place in the file. SOURCE spec workload 1, cli 3, 5.
ResolvedWorkload resolve_run_workload(const RunWorkloadFlags& flags, const Presets& presets,
                                      Diagnostics& diagnostics);

/// The workload flags of `observe` with their defaults. SOURCE spec workload 1 (last paragraph),
/// cli 7.
struct ObserveWorkloadFlags {
  FlagValue<std::string> workload;
  std::string workload_spec;
  FlagValue<double> rate_per_s{0.0};
  FlagValue<std::int64_t> num_requests{0};
  std::int64_t concurrency = 0;
  FlagValue<std::int64_t> think_time_ms{0};
  std::string think_time_dist;
  TokenShape tokens;
  FlagValue<std::int64_t> horizon_us{0};
  FlagValue<std::int64_t> seed{42};
  bool lazy_generation = false;
};

/// The same for `observe`, which injects no timeouts and lets count and horizon override the file
/// only when > 0.
ResolvedWorkload resolve_observe_workload(const ObserveWorkloadFlags& flags, const Presets& presets,
                                          Diagnostics& diagnostics);

}  // namespace blis::workload
