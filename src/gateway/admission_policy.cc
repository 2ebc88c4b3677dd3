#include "gateway/admission_policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace blis::gateway {

#define BLIS_ADMISSION_POLICY(name, factory, help) AdmissionPolicyFactory factory;
#include "gateway/admission/admission_policies.def"
#undef BLIS_ADMISSION_POLICY

namespace {

constexpr AdmissionPolicyEntry kEntries[] = {
#define BLIS_ADMISSION_POLICY(name, factory, help) {name, factory, help},
#include "gateway/admission/admission_policies.def"
#undef BLIS_ADMISSION_POLICY
};
static_assert(std::ranges::is_sorted(kEntries, {}, &AdmissionPolicyEntry::name));

}  // namespace

std::span<const AdmissionPolicyEntry> admission_policy_entries() { return kEntries; }

const AdmissionPolicyEntry* find_admission_policy(std::string_view name) {
  if (name.empty()) name = "always-admit";
  const auto* found = std::ranges::find(kEntries, name, &AdmissionPolicyEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

std::string format_reason(const AdmissionDecision& decision, std::string_view slo_class) {
  switch (decision.reason) {
    case AdmissionReason::kNone:
      return "";
    case AdmissionReason::kRejectAll:
      return "reject-all";
    case AdmissionReason::kInsufficientTokens:
      return "insufficient tokens";
    case AdmissionReason::kTierShed:
      return fmt::format("tier-shed: class={} priority={} < min={} load={}", slo_class,
                         decision.priority, decision.min_priority, decision.load);
    case AdmissionReason::kGaieSaturated:
      return fmt::format("gaie-saturated: class={} saturation={:.2f}", slo_class,
                         decision.saturation);
    case AdmissionReason::kScript:
      return "script";
    case AdmissionReason::kTenantBudgetShed:
      return "tenant-budget-shed";
    case AdmissionReason::kFlowControlEnqueued:
      return "flow-control-enqueued";
    case AdmissionReason::kFlowControlQueueRejected:
      return "flow-control-queue-rejected";
  }
  return "";
}

}  // namespace blis::gateway
