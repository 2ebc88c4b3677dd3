#include "report/saturation/detector.h"

namespace blis::report {

#define BLIS_SATURATION_DETECTOR(name, factory, help) SaturationDetectorFactory factory;
#include "report/saturation/detectors.def"
#undef BLIS_SATURATION_DETECTOR

namespace {

constexpr SaturationDetectorEntry kEntries[] = {
#define BLIS_SATURATION_DETECTOR(name, factory, help) {name, factory, help},
#include "report/saturation/detectors.def"
#undef BLIS_SATURATION_DETECTOR
};

}  // namespace

std::span<const SaturationDetectorEntry> saturation_detector_entries() { return kEntries; }

std::string_view level_name(SaturationLevel level) {
  switch (level) {
    case SaturationLevel::kStable:
      return "STABLE";
    case SaturationLevel::kBacklogged:
      return "BACKLOGGED";
    case SaturationLevel::kOverloaded:
      return "OVERLOADED";
  }
  return "";
}

}  // namespace blis::report
