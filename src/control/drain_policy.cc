#include "control/drain_policy.h"

#include <algorithm>
#include <iterator>

namespace blis::control {
namespace {

constexpr DrainPolicy kEntries[] = {
#define BLIS_DRAIN_POLICY(name, ends, loses, redirects, help) {name, ends, loses, redirects, help},
#include "control/drain_policies.def"
#undef BLIS_DRAIN_POLICY
};
static_assert(std::ranges::is_sorted(kEntries, {}, &DrainPolicy::name));

}  // namespace

std::span<const DrainPolicy> drain_policy_entries() { return kEntries; }

const DrainPolicy* find_drain_policy(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &DrainPolicy::name);
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace blis::control
