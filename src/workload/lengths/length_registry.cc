#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "workload/length_sampler.h"
#include "workload/lengths/rounding.h"

namespace blis::workload {

#define BLIS_LENGTH(name, required, factory, help) LengthSamplerFactory factory;
#include "workload/lengths/lengths.def"
#undef BLIS_LENGTH

namespace {

constexpr LengthSamplerEntry kEntries[] = {
#define BLIS_LENGTH(name, required, factory, help) {name, required, factory, help},
#include "workload/lengths/lengths.def"
#undef BLIS_LENGTH
};
static_assert(std::ranges::is_sorted(kEntries, {}, &LengthSamplerEntry::name));

void check_required_params(const LengthSamplerEntry& entry, const DistributionSpec& spec) {
  std::string_view rest = entry.required_params;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(','));
    if (!spec.params.contains(std::string(name))) {
      throw ConfigError(fmt::format("{} distribution requires param \"{}\" (required: {})",
                                    entry.name, name, entry.required_params));
    }
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
}

}  // namespace

std::span<const LengthSamplerEntry> length_sampler_entries() { return kEntries; }

const LengthSamplerEntry* find_length_sampler(std::string_view name) {
  for (const LengthSamplerEntry& entry : kEntries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::unique_ptr<LengthSampler> make_length_sampler(const DistributionSpec& spec) {
  const LengthSamplerEntry* entry = find_length_sampler(spec.type);
  if (entry == nullptr) {
    std::vector<std::string_view> names;
    for (const LengthSamplerEntry& known : kEntries) names.push_back(known.name);
    throw ConfigError(unknown_name("distribution type", spec.type, names));
  }
  check_required_params(*entry, spec);
  return entry->make(spec);
}

OptionalBounds read_optional_bounds(const DistributionSpec& spec) {
  const OptionalBounds bounds{integer_param(spec, "min"), integer_param(spec, "max")};
  if (bounds.min > 0 && bounds.max > 0 && bounds.min > bounds.max) {
    throw ConfigError(fmt::format("{} distribution: min {} is greater than max {}", spec.type,
                                  bounds.min, bounds.max));
  }
  return bounds;
}

}  // namespace blis::workload
