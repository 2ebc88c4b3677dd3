// Workloads that no file describes: token flags, presets, concurrency mode.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "workload/workload_spec.h"

namespace blis::workload {

/// One side's gaussian length, in tokens.
struct TokenLengths {
  std::int64_t mean = 512;
  std::int64_t std_dev = 256;
  std::int64_t min = 2;
  std::int64_t max = 7000;
};

/// What the token flags, or one preset of the defaults file, say. Note that a preset's missing keys
/// are 0, not these defaults.
struct TokenShape {
  std::int64_t prefix_tokens = 0;
  TokenLengths prompt;
  TokenLengths output;
};

using Presets = std::map<std::string, TokenShape>;

/// Checks the token flags in the order of the reference; the first failure wins.
/// THROWS ConfigError naming the flag. SOURCE spec workload 17.1, cli 5.1.
void check_token_flags(const TokenShape& shape);

/// One open-loop client `distribution` with constant arrivals. SOURCE spec workload 17.1.
WorkloadSpec synthesize_open_loop(const TokenShape& shape, double rate_per_s,
                                  std::int64_t num_requests, std::int64_t seed);

/// One client `distribution` of `concurrency` virtual users.
WorkloadSpec synthesize_concurrency(const TokenShape& shape, std::int64_t concurrency,
                                    std::int64_t think_time_ms, std::int64_t num_requests,
                                    std::int64_t seed);

/// The preset `name`. THROWS ConfigError for an unknown name, with the nearest one.
const TokenShape& find_preset(const Presets& presets, const std::string& name);

}  // namespace blis::workload
