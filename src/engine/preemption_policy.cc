#include "engine/preemption_policy.h"

#include <algorithm>

namespace blis::engine {

#define BLIS_PREEMPTION_POLICY(name, factory, help) std::unique_ptr<PreemptionPolicy> factory();
#include "engine/preemption/preemption.def"
#undef BLIS_PREEMPTION_POLICY

namespace {

constexpr PreemptionPolicyEntry kEntries[] = {
#define BLIS_PREEMPTION_POLICY(name, factory, help) {name, factory, help},
#include "engine/preemption/preemption.def"
#undef BLIS_PREEMPTION_POLICY
};
static_assert(std::ranges::is_sorted(kEntries, {}, &PreemptionPolicyEntry::name));

}  // namespace

std::span<const PreemptionPolicyEntry> preemption_policy_entries() { return kEntries; }

const PreemptionPolicyEntry* find_preemption_policy(std::string_view name) {
  if (name.empty()) name = "fcfs";
  const auto* found = std::ranges::find(kEntries, name, &PreemptionPolicyEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace blis::engine
