#include <algorithm>

#include "workload/arrival_process.h"

namespace blis::workload {

#define BLIS_ARRIVAL(name, factory, help) ArrivalProcessFactory factory;
#include "workload/arrivals/arrivals.def"
#undef BLIS_ARRIVAL

namespace {

constexpr ArrivalProcessEntry kEntries[] = {
#define BLIS_ARRIVAL(name, factory, help) {name, factory, help},
#include "workload/arrivals/arrivals.def"
#undef BLIS_ARRIVAL
};
static_assert(std::ranges::is_sorted(kEntries, {}, &ArrivalProcessEntry::name));

}  // namespace

std::span<const ArrivalProcessEntry> arrival_process_entries() { return kEntries; }

const ArrivalProcessEntry* find_arrival_process(std::string_view name) {
  for (const ArrivalProcessEntry& entry : kEntries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::unique_ptr<ArrivalProcess> make_arrival_process(const ArrivalSpec& spec, double rate_per_us,
                                                     Diagnostics& diagnostics) {
  constexpr double kMinRatePerUs = 1e-15;
  if (rate_per_us < kMinRatePerUs) rate_per_us = kMinRatePerUs;
  const ArrivalProcessEntry* entry = find_arrival_process(spec.process);
  if (entry == nullptr) entry = find_arrival_process("poisson");
  return entry->make(spec, rate_per_us, diagnostics);
}

}  // namespace blis::workload
