// placement-aware: places what it decides on a copy of the machines, so that it never promises a
// GPU twice or an instance a place that no machine has.
//
// The group that lacks most for its size (required / supply) goes first. It gets the cheapest
// variant that all it needs fits of; failing that, as much as fits of the variant that most of its
// need fits of. A group none of whose variants fits opens the cheapest other GPU type with one
// replica, whose capacity nobody knows yet. SOURCE spec control-plane 14.1 (17).

#include <algorithm>
#include <numeric>

#include "control/optimizer.h"

namespace blis::control {
namespace {

/// Puts up to `count` instances of the variant on the machines, first fit. Returns how many fit.
std::int64_t place(std::vector<Inventory::Node>& nodes, const Variant& variant,
                   std::int64_t count) {
  std::int64_t placed = 0;
  for (Inventory::Node& node : nodes) {
    if (node.gpu_type != variant.gpu_type) continue;
    const std::int64_t here = std::min(count - placed, node.free_gpus / variant.tensor_parallel);
    node.free_gpus -= here * variant.tensor_parallel;
    placed += here;
  }
  return placed;
}

std::int64_t places_for(std::vector<Inventory::Node> nodes, const Variant& variant,
                        std::int64_t count) {
  return place(nodes, variant, count);
}

class PlacementAware final : public Optimizer {
 public:
  std::vector<Decision> decide(std::span<const Assessment> assessments,
                               const Inventory& inventory) const override {
    std::vector<Inventory::Node> nodes = inventory.nodes;
    std::vector<std::optional<Decision>> by_group(assessments.size());
    for (const std::size_t i : by_urgency(assessments)) {
      const Assessment& a = assessments[i];
      if (a.required_tokens > 0) {
        by_group[i] = grow(a, nodes);
      } else if (a.spare_tokens > 0) {
        by_group[i] = shrink_most_expensive(a);
      }
    }
    std::vector<Decision> decisions;
    for (std::optional<Decision>& decision : by_group) {
      if (decision) decisions.push_back(std::move(*decision));
    }
    return decisions;
  }

 private:
  static std::vector<std::size_t> by_urgency(std::span<const Assessment> assessments) {
    std::vector<std::size_t> order(assessments.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto lack = [&](std::size_t i) {
      const Assessment& a = assessments[i];
      return a.supply_tokens > 0 ? a.required_tokens / a.supply_tokens : a.required_tokens;
    };
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return lack(a) > lack(b); });
    return order;
  }

  static std::optional<Decision> grow(const Assessment& a, std::vector<Inventory::Node>& nodes) {
    const VariantCapacity* best = nullptr;
    std::int64_t best_count = 0;
    double best_share = 0;
    for (const VariantCapacity& v : a.variants) {  // cheapest first
      const std::int64_t wanted = replicas_to_add(a.required_tokens, v);
      const std::int64_t count = places_for(nodes, v.variant, wanted);
      const double share = static_cast<double>(count) / static_cast<double>(wanted);
      if (share <= best_share) continue;
      best = &v;
      best_count = count;
      best_share = share;
    }
    if (best == nullptr) return open_another_type(a, nodes);
    place(nodes, best->variant, best_count);
    return Decision{
        .model = a.model, .variant = best->variant, .delta = best_count, .roles = a.roles};
  }

  static std::optional<Decision> open_another_type(const Assessment& a,
                                                   std::vector<Inventory::Node>& nodes) {
    if (a.variants.empty()) return std::nullopt;
    const std::int64_t gpus = a.variants.front().variant.tensor_parallel;
    const Inventory::Node* cheapest = nullptr;
    for (const Inventory::Node& node : nodes) {
      if (node.free_gpus < gpus) continue;
      if (cheapest == nullptr || node.cost_usd_per_hour < cheapest->cost_usd_per_hour) {
        cheapest = &node;
      }
    }
    if (cheapest == nullptr) return std::nullopt;
    const Variant variant{.gpu_type = cheapest->gpu_type, .tensor_parallel = gpus};
    place(nodes, variant, 1);
    return Decision{.model = a.model, .variant = variant, .delta = 1, .roles = a.roles};
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_placement_aware() { return std::make_unique<PlacementAware>(); }

}  // namespace blis::control
