// The small choices of flow control that need no class of their own: who leaves a flow first, and
// which flow is served next.
#pragma once

#include <span>
#include <string_view>

#include "gateway/gateway_config.h"

namespace blis::gateway {

struct DispatchOrderEntry {
  std::string_view name;  ///< as written in --dispatch-order
  DispatchOrder value;
  std::string_view help;
};
struct FairnessPolicyEntry {
  std::string_view name;  ///< as written in --fairness-policy
  FairnessPolicy value;
  std::string_view help;
};
std::span<const DispatchOrderEntry> dispatch_order_entries();    ///< ascending by name
std::span<const FairnessPolicyEntry> fairness_policy_entries();  ///< ascending by name

}  // namespace blis::gateway
