// Saturation detectors: was a finished run keeping up with its load?
//
// A detector replays the arrivals and completions of a run in order and can say after any of them
// what it thinks so far. Unrelated to the gateway's detectors, which act while the run lasts.
//
// To add one: <name>.cc here, a row in detectors.def, a test, a row in docs/outputs.md.
// SOURCE spec cli 16.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "report/saturation/config.h"

namespace blis::report {

/// Ascending by severity.
enum class SaturationLevel : std::uint8_t { kStable, kBacklogged, kOverloaded };

/// `STABLE`, `BACKLOGGED`, `OVERLOADED`.
std::string_view level_name(SaturationLevel level);

/// One arrival or one completion.
struct SaturationEvent {
  std::int64_t timestamp_us = 0;
  bool is_completion = false;
  double latency_ms = 0;    ///< of a completion
  std::size_t request = 0;  ///< position of the request's id in bytewise order
};

struct SaturationVerdict {
  SaturationLevel level = SaturationLevel::kStable;
  double score = 0;                                          ///< [0, 1]
  double confidence = 0;                                     ///< [0, 1]
  std::vector<std::pair<std::string_view, double>> signals;  ///< ascending by name
};

/// One detector at work on one run.
class SaturationDetector {
 public:
  virtual ~SaturationDetector() = default;
  /// Events come in order: timestamp, arrivals before completions, then request.
  virtual void observe(const SaturationEvent& event) = 0;
  /// What the events so far say.
  virtual SaturationVerdict verdict() = 0;
};

using SaturationDetectorFactory =
    std::unique_ptr<SaturationDetector>(const SaturationConfig& config);

struct SaturationDetectorEntry {
  std::string_view name;  ///< as in --detectors
  SaturationDetectorFactory* make;
  std::string_view help;
};

/// All detectors in the order in which they are evaluated, whatever the order on the command line.
std::span<const SaturationDetectorEntry> saturation_detector_entries();

}  // namespace blis::report
