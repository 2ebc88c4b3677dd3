// empirical: one of the listed lengths, by weight. One uniform draw, none if there is no choice.
//
// Not clamped to 1: a key 0 gives requests with an empty side.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "workload/length_sampler.h"

namespace blis::workload {
namespace {

/// The decimal integer that a key begins with: "100.5" counts as 100, "1e3" as 1.
std::int64_t parse_key(std::string_view key) {
  std::string_view rest = key;
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  const bool has_plus = !rest.empty() && rest.front() == '+';
  if (has_plus) rest.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || (has_plus && !rest.empty() && rest.front() == '-')) {
    throw ConfigError(fmt::format("empirical distribution: key \"{}\" is not a token count", key));
  }
  return value;
}

class EmpiricalLength final : public LengthSampler {
 public:
  explicit EmpiricalLength(const DistributionSpec& spec) {
    std::map<std::int64_t, double> weights;
    for (const auto& [key, weight] : spec.params) weights[parse_key(key)] = weight;
    if (weights.empty()) throw ConfigError("empirical distribution: params is empty");
    double total = 0;
    for (const auto& [value, weight] : weights) total += weight;
    double cumulative = 0;
    for (const auto& [value, weight] : weights) {
      if (!(weight > 0)) continue;
      cumulative += weight / total;
      values_.push_back(value);
      cdf_.push_back(cumulative);
    }
    if (!cdf_.empty()) cdf_.back() = 1.0;
  }

  std::int64_t sample(random::RandomStream& stream) override {
    if (values_.empty()) return 1;
    if (values_.size() == 1) return values_.front();
    const auto found = std::lower_bound(cdf_.begin(), cdf_.end(), stream.float64());
    const auto index =
        std::min<std::size_t>(static_cast<std::size_t>(found - cdf_.begin()), values_.size() - 1);
    return values_[index];
  }

 private:
  std::vector<std::int64_t> values_;  ///< ascending
  std::vector<double> cdf_;           ///< one per value
};

}  // namespace

std::unique_ptr<LengthSampler> make_empirical_length(const DistributionSpec& spec) {
  return std::make_unique<EmpiricalLength>(spec);
}

}  // namespace blis::workload
