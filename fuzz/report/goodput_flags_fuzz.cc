// Goodput and fitness flags: whatever the text, it is refused with a message or gives values in
// range.

#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "report/fitness.h"
#include "trace/goodput_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& [name, ms] : blis::trace::parse_goodput_flag("--slo-ttft", text)) {
      BLIS_CHECK(!name.empty() && ms > 0 && std::isfinite(ms), "target {} of {}", ms, name);
    }
  } catch (const blis::ConfigError&) {
  }
  try {
    for (const auto& [name, weight] : blis::report::parse_fitness_weights(text)) {
      BLIS_CHECK(weight >= 0 && std::isfinite(weight), "weight {} of {}", weight, name);
    }
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
