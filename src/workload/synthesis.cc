#include "workload/synthesis.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/error.h"
#include "workload/wrapping.h"

namespace blis::workload {
namespace {

[[noreturn]] void fail(std::string_view flag, std::string_view message) {
  throw ConfigError(InputLocation{{}, 0, std::string(flag)}, message);
}

void check_at_least(const char* flag, std::int64_t value, std::int64_t least) {
  if (value < least) fail(flag, fmt::format("must be at least {}, got {}", least, value));
}

void check_order(const char* side, const TokenLengths& lengths) {
  if (lengths.min > lengths.max) {
    fail(fmt::format("--{}-tokens-min", side),
         fmt::format("{} is greater than --{}-tokens-max {}", lengths.min, side, lengths.max));
  }
}

void check_mean_and_spread(const char* side, const TokenLengths& lengths) {
  if (lengths.mean < lengths.min || lengths.mean > lengths.max) {
    fail(fmt::format("--{}-tokens", side),
         fmt::format("{} is outside [{}, {}] given by --{}-tokens-min and -max", lengths.mean,
                     lengths.min, lengths.max, side));
  }
  if (lengths.std_dev > lengths.max) {
    fail(fmt::format("--{}-tokens-stdev", side),
         fmt::format("{} is greater than --{}-tokens-max {}", lengths.std_dev, side, lengths.max));
  }
  if (lengths.std_dev != 0 && lengths.std_dev < lengths.min) {
    fail(fmt::format("--{}-tokens-stdev", side),
         fmt::format("must be 0 or at least --{}-tokens-min {}, got {}", side, lengths.min,
                     lengths.std_dev));
  }
}

DistributionSpec gaussian(const TokenLengths& lengths) {
  DistributionSpec distribution;
  distribution.type = "gaussian";
  distribution.params = {{"mean", static_cast<double>(lengths.mean)},
                         {"std_dev", static_cast<double>(lengths.std_dev)},
                         {"min", static_cast<double>(lengths.min)},
                         {"max", static_cast<double>(lengths.max)}};
  return distribution;
}

WorkloadSpec synthesize(const TokenShape& shape, std::int64_t num_requests, std::int64_t seed) {
  WorkloadSpec spec;
  spec.version = "2";
  spec.seed = seed;
  spec.category = "language";
  spec.num_requests = num_requests;
  ClientSpec client;
  client.id = "distribution";
  client.arrival.process = "constant";
  client.input_distribution = gaussian(shape.prompt);
  client.output_distribution = gaussian(shape.output);
  if (shape.prefix_tokens > 0) {
    client.prefix_group = "shared";
    client.prefix_length = shape.prefix_tokens;
  }
  spec.clients.push_back(std::move(client));
  return spec;
}

}  // namespace

void check_token_flags(const TokenShape& shape) {
  check_at_least("--prompt-tokens-min", shape.prompt.min, 1);
  check_at_least("--prompt-tokens-max", shape.prompt.max, 1);
  check_at_least("--output-tokens-min", shape.output.min, 1);
  check_at_least("--output-tokens-max", shape.output.max, 1);
  check_at_least("--prompt-tokens-stdev", shape.prompt.std_dev, 0);
  check_at_least("--output-tokens-stdev", shape.output.std_dev, 0);
  check_order("prompt", shape.prompt);
  check_order("output", shape.output);
  check_mean_and_spread("prompt", shape.prompt);
  check_mean_and_spread("output", shape.output);
}

WorkloadSpec synthesize_open_loop(const TokenShape& shape, double rate_per_s,
                                  std::int64_t num_requests, std::int64_t seed) {
  WorkloadSpec spec = synthesize(shape, num_requests, seed);
  spec.aggregate_rate_per_s = rate_per_s;
  spec.clients.front().rate_fraction = 1;
  return spec;
}

WorkloadSpec synthesize_concurrency(const TokenShape& shape, std::int64_t concurrency,
                                    std::int64_t think_time_ms, std::int64_t num_requests,
                                    std::int64_t seed) {
  WorkloadSpec spec = synthesize(shape, num_requests, seed);
  spec.clients.front().concurrency = concurrency;
  spec.clients.front().think_time_us = wrapping_multiply(think_time_ms, 1000);
  return spec;
}

const TokenShape& find_preset(const Presets& presets, const std::string& name) {
  const auto found = presets.find(name);
  if (found != presets.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, shape] : presets) names.push_back(known);
  throw ConfigError(unknown_name("workload preset", name, names));
}

}  // namespace blis::workload
