#include "gateway/gateway_config.h"

#include <algorithm>
#include <utility>

namespace blis::gateway {
namespace {

constexpr std::pair<std::string_view, DispatchOrder> kDispatchOrders[] = {
    {"fifo", DispatchOrder::kFifo},
    {"priority", DispatchOrder::kPriority},
    {"slo-deadline", DispatchOrder::kSloDeadline},
};
constexpr std::pair<std::string_view, FairnessPolicy> kFairnessPolicies[] = {
    {"global-strict", FairnessPolicy::kGlobalStrict},
    {"round-robin", FairnessPolicy::kRoundRobin},
};

/// "" is the first entry.
template <typename Value, std::size_t kSize>
std::optional<Value> find_value(const std::pair<std::string_view, Value> (&entries)[kSize],
                                std::string_view name) {
  if (name.empty()) return entries[0].second;
  for (const auto& [entry_name, value] : entries) {
    if (entry_name == name) return value;
  }
  return std::nullopt;
}

template <typename Value, std::size_t kSize>
std::vector<std::string_view> names_of(const std::pair<std::string_view, Value> (&entries)[kSize]) {
  std::vector<std::string_view> names;
  for (const auto& entry : entries) names.push_back(entry.first);
  return names;
}

}  // namespace

std::optional<DispatchOrder> parse_dispatch_order(std::string_view name) {
  return find_value(kDispatchOrders, name);
}
std::optional<FairnessPolicy> parse_fairness_policy(std::string_view name) {
  return find_value(kFairnessPolicies, name);
}
std::vector<std::string_view> dispatch_order_names() { return names_of(kDispatchOrders); }
std::vector<std::string_view> fairness_policy_names() { return names_of(kFairnessPolicies); }

}  // namespace blis::gateway
