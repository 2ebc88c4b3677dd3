#include "engine/scheduler.h"

#include <algorithm>
#include <compare>

namespace blis::engine {

#define BLIS_SCHEDULER(name, factory, help) \
  std::unique_ptr<Scheduler> factory(const SchedulerContext& context);
#include "engine/schedulers/schedulers.def"
#undef BLIS_SCHEDULER

namespace {

constexpr SchedulerEntry kEntries[] = {
#define BLIS_SCHEDULER(name, factory, help) {name, factory, help},
#include "engine/schedulers/schedulers.def"
#undef BLIS_SCHEDULER
};
static_assert(std::ranges::is_sorted(kEntries, {}, &SchedulerEntry::name));

}  // namespace

std::span<const SchedulerEntry> scheduler_entries() { return kEntries; }

const SchedulerEntry* find_scheduler(std::string_view name) {
  if (name.empty()) name = "fcfs";
  const auto* found = std::ranges::find(kEntries, name, &SchedulerEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

bool earlier_arrival(const request::Request& a, const request::Request& b,
                     const SymbolTable& symbols) {
  if (a.spec.arrival != b.spec.arrival) return a.spec.arrival < b.spec.arrival;
  return std::is_lt(request::compare_names(a.spec.name, b.spec.name, symbols));
}

}  // namespace blis::engine
