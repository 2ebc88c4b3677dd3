#include "control/analyzer.h"

#include <algorithm>

namespace blis::control {

#define BLIS_ANALYZER(name, factory, help) AnalyzerFactory factory;
#include "control/analyzers/analyzers.def"
#undef BLIS_ANALYZER

namespace {

constexpr AnalyzerEntry kEntries[] = {
#define BLIS_ANALYZER(name, factory, help) {name, factory, help},
#include "control/analyzers/analyzers.def"
#undef BLIS_ANALYZER
};
static_assert(std::ranges::is_sorted(kEntries, {}, &AnalyzerEntry::name));

}  // namespace

std::span<const AnalyzerEntry> analyzer_entries() { return kEntries; }

const AnalyzerEntry* find_analyzer(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &AnalyzerEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace blis::control
