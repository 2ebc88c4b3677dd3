// Admission policies: whether a request may go on at all.
//
// To add one: admission/<name>.cc, a row in admission/admission_policies.def, a test, a row in
// docs/admission.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/symbol_table.h"
#include "gateway/gateway_config.h"
#include "gateway/instance_signals.h"
#include "gateway/route_query.h"
#include "gateway/script_decision.h"

namespace blis::gateway {

enum class AdmissionReason : std::uint8_t {
  kNone,
  kRejectAll,
  kInsufficientTokens,
  kTierShed,
  kGaieSaturated,
  kScript,
  kTenantBudgetShed,
  kFlowControlEnqueued,
  kFlowControlQueueRejected,  ///< goes with `admitted`: the decision trace counts it so (spec
                              ///< data-plane 8)
};

struct AdmissionDecision {
  bool admitted = true;
  AdmissionReason reason = AdmissionReason::kNone;
  std::int64_t priority = 0;      ///< tier-shed
  std::int64_t min_priority = 0;  ///< tier-shed
  std::int64_t load = 0;          ///< tier-shed: the largest effective load
  double saturation = 0;          ///< gaie-legacy
};

/// The text that the decision trace shows, as `tier-shed: class=batch priority=-1 < min=3 load=7`;
/// "" without a reason.
std::string format_reason(const AdmissionDecision& decision, std::string_view slo_class);

/// One policy of one simulation. Not thread-safe.
class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  /// Decides, and takes what an admitted request costs.
  virtual AdmissionDecision decide(const RouteQuery& query, const RouterState& state) = 0;
  /// Whether decide() looks at the candidates. If not, the state may come without them (its clock
  /// is always right).
  virtual bool reads_signals() const { return false; }
};

using AdmissionPolicyFactory = std::unique_ptr<AdmissionPolicy>(const AdmissionConfig& config,
                                                                const ScriptContext& script);

struct AdmissionPolicyEntry {
  std::string_view name;  ///< as written in --admission-policy and in `admission.policy`
  AdmissionPolicyFactory* make;
  std::string_view help;
};

std::span<const AdmissionPolicyEntry> admission_policy_entries();  ///< ascending by name
/// "" is always-admit. nullptr if there is no such policy.
const AdmissionPolicyEntry* find_admission_policy(std::string_view name);

}  // namespace blis::gateway
