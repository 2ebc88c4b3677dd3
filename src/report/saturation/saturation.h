// From finished requests to a label per detector, and the report of how each came to it. SOURCE
// spec cli 16.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/run_summary.h"
#include "report/saturation/detector.h"

namespace blis::report {

/// The four flags as given. Empty text counts as not given.
struct SaturationFlags {
  std::string detectors{};     ///< --detectors
  std::string config{};        ///< --saturation-config, a path
  std::string report{};        ///< --saturation-report, a path
  std::string final_window{};  ///< --saturation-final-window, a duration
};

struct SaturationOptions {
  std::vector<const SaturationDetectorEntry*> detectors{};  ///< in order of evaluation, not empty
  SaturationConfig config{};
  std::int64_t final_window_us = 30'000'000;
  std::string report_path{};  ///< "" = no report
};

/// Checks the flags and reads the tuning file; nullopt if no detector was asked for.
/// THROWS ConfigError: an unknown detector, other flags without detectors, a window that is not
/// above 0, a tuning block for a detector that does not run. SOURCE spec cli 16.4-16.5.
std::optional<SaturationOptions> resolve_saturation(const SaturationFlags& flags);

/// Detectors named by the value of --detectors; empty for "". THROWS ConfigError.
std::vector<const SaturationDetectorEntry*> select_saturation_detectors(std::string_view text);

/// A finished request as the detectors see it.
struct ServedRequest {
  double arrived_at_s = 0;
  double e2e_ms = 0;
};

/// The completed requests of a run, ascending bytewise by name.
std::vector<ServedRequest> served_requests(const RunSummary& summary);

struct SaturationResult {
  std::map<std::string, std::string> labels;  ///< detector -> final label; empty without events
  std::string report{};                       ///< "" unless asked for; with a final newline
};

/// REQUIRES `requests` are ascending by id, which breaks ties between events.
/// COST without a report only the events of the final window are judged.
SaturationResult detect_saturation(std::span<const ServedRequest> requests,
                                   const SaturationOptions& options);

}  // namespace blis::report
