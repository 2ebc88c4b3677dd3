// Saturation detectors: how full the cluster is, as one number. 1.0 and above means that nothing
// should be dispatched.
//
// To add one: saturation/<name>.cc, a row in saturation/saturation_detectors.def, a test, a row in
// docs/flow-control.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/gateway_config.h"
#include "gateway/instance_signals.h"

namespace blis::gateway {

class SaturationDetector {
 public:
  virtual ~SaturationDetector() = default;
  /// ENSURES  a finite number >= 0.   COST O(candidates).
  virtual double saturation(const RouterState& state) const = 0;
  /// Whether saturation() looks at the candidates.
  virtual bool reads_signals() const { return true; }
};

using SaturationDetectorFactory = std::unique_ptr<SaturationDetector>(const SaturationConfig&);

struct SaturationDetectorEntry {
  std::string_view name;  ///< as written in --saturation-detector
  SaturationDetectorFactory* make;
  std::string_view help;
};

std::span<const SaturationDetectorEntry> saturation_detector_entries();  ///< ascending by name
/// "" is never. nullptr if there is no such detector.
const SaturationDetectorEntry* find_saturation_detector(std::string_view name);

/// Mean over candidates, summed in order, of max(waiting / queue threshold, KV utilisation / KV
/// threshold); 1.0 without candidates. SOURCE spec data-plane 8.3, 10.7.
double mean_utilization(std::span<const InstanceSignals> candidates, double queue_depth_threshold,
                        double kv_utilization_threshold);

}  // namespace blis::gateway
