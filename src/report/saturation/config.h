// Tuning of the saturation detectors (--saturation-config). SOURCE spec cli 16.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blis::report {

struct SaturationConfig {
  double threshold_ms = 5000;  ///< `threshold`: mean latency at which a run counts as overloaded
  std::int64_t drift_window_s = 60;  ///< `backlog-drift`: width of a bucket

  // What a file said beyond values: a block for a detector that does not run is an error, and a
  // window set here is also the span over which final labels are voted.
  bool has_threshold_block = false;
  bool has_backlog_drift_block = false;
  std::optional<std::int64_t> given_drift_window_s;
};

/// Reads the tuning file named `file`. Blank text means defaults; text with nothing but comments is
/// an error. [QUIRK] Of the nine keys of `backlog_drift` only `window_size_sec` has an effect; the
/// others are checked and ignored. THROWS ConfigError with every unknown key, wrong type and value
/// out of range.
SaturationConfig parse_saturation_config(std::string_view text, const std::string& file);

}  // namespace blis::report
