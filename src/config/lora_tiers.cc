#include "config/lora_tiers.h"

#include <fmt/format.h>

#include "base/number_text.h"

namespace blis::config {

std::map<std::int64_t, model::StepOverheadTier> read_step_overhead_tiers(YamlFields& fields,
                                                                         YamlErrors& errors) {
  std::map<std::int64_t, model::StepOverheadTier> tiers;
  const auto entries = fields.entries("step_overhead_tiers");
  if (!entries) return tiers;
  for (const auto& [key, node] : *entries) {
    const auto rank = parse_flag_int(key);
    if (!rank) {
      errors.add(node.line(), node.path(),
                 fmt::format("expected an adapter rank (an integer) as key, found \"{}\"", key));
      continue;
    }
    if (tiers.contains(*rank)) {
      errors.add(node.line(), node.path(), fmt::format("rank {} stands twice", *rank));
      continue;
    }
    model::StepOverheadTier& tier = tiers[*rank];
    YamlFields f(node, errors);
    f.read("k6", tier.k6);
    f.read("k7", tier.k7);
  }
  return tiers;
}

}  // namespace blis::config
