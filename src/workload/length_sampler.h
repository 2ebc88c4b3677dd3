// Length distributions: how many tokens (or microseconds of think time) the next thing has.
//
// To add one: lengths/<name>.cc, a row in lengths/lengths.def, a test, a row in docs/workloads.md.
// SOURCE spec workload 8.1.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "random/random_stream.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Draws integers. Stateless unless it says otherwise, so that many clients and sessions may share
/// one.
class LengthSampler {
 public:
  virtual ~LengthSampler() = default;
  /// The next value. At least 1, except where the distribution's row in the docs says otherwise.
  virtual std::int64_t sample(random::RandomStream& stream) = 0;
};

/// THROWS ConfigError if a required parameter is missing or bounds contradict each other; the text
/// starts with the type.
using LengthSamplerFactory = std::unique_ptr<LengthSampler>(const DistributionSpec& spec);

struct LengthSamplerEntry {
  std::string_view name;             ///< `type` of a distribution
  std::string_view required_params;  ///< separated by commas
  LengthSamplerFactory* make;
  std::string_view help;
};

std::span<const LengthSamplerEntry> length_sampler_entries();          ///< all, ascending by name
const LengthSamplerEntry* find_length_sampler(std::string_view name);  ///< nullptr if unknown

/// The sampler of `spec`, required parameters checked. THROWS ConfigError.
std::unique_ptr<LengthSampler> make_length_sampler(const DistributionSpec& spec);

/// A fixed list, cyclic; 1 for ever if empty. Stateful: one consumer each. Used by replay. No
/// draws.
std::unique_ptr<LengthSampler> make_sequence_sampler(std::vector<std::int64_t> values);

/// exp(mu + sigma·z), rounded, clamped to [min, max] where these are > 0, at least 1. One normal
/// draw.
std::unique_ptr<LengthSampler> make_lognormal_sampler(double mu, double sigma, std::int64_t min,
                                                      std::int64_t max);

/// max(1, value). No draws.
std::unique_ptr<LengthSampler> make_constant_sampler(std::int64_t value);

}  // namespace blis::workload
