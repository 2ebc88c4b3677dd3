#include "gateway/gateway_config.h"

#include <algorithm>
#include <span>

#include "gateway/flow_policies.h"

namespace blis::gateway {
namespace {

constexpr DispatchOrderEntry kDispatchOrders[] = {
    {"fifo", DispatchOrder::kFifo,
     "first come, first served in the most important band; the same as priority"},
    {"priority", DispatchOrder::kPriority, "first come, first served in the most important band"},
    {"slo-deadline", DispatchOrder::kSloDeadline, "the earliest TTFT deadline in the flow's turn"},
};
constexpr FairnessPolicyEntry kFairnessPolicies[] = {
    {"global-strict", FairnessPolicy::kGlobalStrict, "the tenant whose request waits longest"},
    {"round-robin", FairnessPolicy::kRoundRobin, "tenants in turn, by name"},
};

/// "" is the first entry.
template <typename Value, typename Entry>
std::optional<Value> find_value(std::span<const Entry> entries, std::string_view name) {
  if (name.empty()) return entries.front().value;
  const auto found = std::ranges::find(entries, name, &Entry::name);
  if (found == entries.end()) return std::nullopt;
  return found->value;
}

template <typename Entry>
std::vector<std::string_view> names_of(std::span<const Entry> entries) {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

}  // namespace

std::span<const DispatchOrderEntry> dispatch_order_entries() { return kDispatchOrders; }
std::span<const FairnessPolicyEntry> fairness_policy_entries() { return kFairnessPolicies; }

std::optional<DispatchOrder> parse_dispatch_order(std::string_view name) {
  return find_value<DispatchOrder>(dispatch_order_entries(), name);
}
std::optional<FairnessPolicy> parse_fairness_policy(std::string_view name) {
  return find_value<FairnessPolicy>(fairness_policy_entries(), name);
}
std::vector<std::string_view> dispatch_order_names() { return names_of(dispatch_order_entries()); }
std::vector<std::string_view> fairness_policy_names() {
  return names_of(fairness_policy_entries());
}

}  // namespace blis::gateway
