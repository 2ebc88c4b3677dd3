#include "gateway/saturation_detector.h"

#include <algorithm>

namespace blis::gateway {

#define BLIS_SATURATION_DETECTOR(name, factory, help) SaturationDetectorFactory factory;
#include "gateway/saturation/saturation_detectors.def"
#undef BLIS_SATURATION_DETECTOR

namespace {

constexpr SaturationDetectorEntry kEntries[] = {
#define BLIS_SATURATION_DETECTOR(name, factory, help) {name, factory, help},
#include "gateway/saturation/saturation_detectors.def"
#undef BLIS_SATURATION_DETECTOR
};
static_assert(std::ranges::is_sorted(kEntries, {}, &SaturationDetectorEntry::name));

}  // namespace

std::span<const SaturationDetectorEntry> saturation_detector_entries() { return kEntries; }

const SaturationDetectorEntry* find_saturation_detector(std::string_view name) {
  if (name.empty()) name = "never";
  const auto* found = std::ranges::find(kEntries, name, &SaturationDetectorEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

double mean_utilization(std::span<const InstanceSignals> candidates, double queue_depth_threshold,
                        double kv_utilization_threshold) {
  if (candidates.empty()) return 1.0;
  double sum = 0.0;
  for (const InstanceSignals& candidate : candidates) {
    sum += std::max(static_cast<double>(candidate.waiting_requests) / queue_depth_threshold,
                    candidate.kv_utilization_ratio / kv_utilization_threshold);
  }
  return sum / static_cast<double>(candidates.size());
}

}  // namespace blis::gateway
