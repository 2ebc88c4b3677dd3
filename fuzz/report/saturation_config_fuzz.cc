// Tuning files and detector lists: whatever the text, it is refused with a message or gives values
// in range.

#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "report/saturation/saturation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto config = blis::report::parse_saturation_config(text, "fuzz");
    BLIS_CHECK(config.threshold_ms > 0 && std::isfinite(config.threshold_ms), "threshold {}",
               config.threshold_ms);
    BLIS_CHECK(config.drift_window_s > 0, "window {}", config.drift_window_s);
  } catch (const blis::ConfigError&) {
  }
  try {
    const auto selected = blis::report::select_saturation_detectors(text);
    BLIS_CHECK(selected.empty() == text.empty(), "{} detectors of \"{}\"", selected.size(), text);
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
