#include <algorithm>

#include "gateway/scorer.h"

namespace blis::gateway {

#define BLIS_SCORER(name, factory, needs_prefix_views, help) ScorerFactory factory;
#include "gateway/scorers/scorers.def"
#undef BLIS_SCORER

namespace {

constexpr ScorerEntry kEntries[] = {
#define BLIS_SCORER(name, factory, needs_prefix_views, help) \
  {name, factory, needs_prefix_views, help},
#include "gateway/scorers/scorers.def"
#undef BLIS_SCORER
};
static_assert(std::ranges::is_sorted(kEntries, {}, &ScorerEntry::name));

}  // namespace

std::span<const ScorerEntry> scorer_entries() { return kEntries; }

const ScorerEntry* find_scorer(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &ScorerEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace blis::gateway
