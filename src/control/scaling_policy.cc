#include "control/scaling_policy.h"

#include <algorithm>

namespace blis::control {

#define BLIS_SCALING_POLICY(name, factory, help) ScalingPolicyFactory factory;
#include "control/scaling_policies/scaling_policies.def"
#undef BLIS_SCALING_POLICY

namespace {

constexpr ScalingPolicyEntry kEntries[] = {
#define BLIS_SCALING_POLICY(name, factory, help) {name, factory, help},
#include "control/scaling_policies/scaling_policies.def"
#undef BLIS_SCALING_POLICY
};
static_assert(std::ranges::is_sorted(kEntries, {}, &ScalingPolicyEntry::name));

}  // namespace

std::span<const ScalingPolicyEntry> scaling_policy_entries() { return kEntries; }

const ScalingPolicyEntry* find_scaling_policy(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &ScalingPolicyEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace blis::control
