// Metrics of a server: whatever the bytes, a hit rate that is derived lies where rates lie, unless
// it is the server's own gauge.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "live/observe/kv_metrics.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto sums = blis::live::parse_prometheus_text(text);
  const auto metrics = blis::live::derive_hit_rate({}, sums);
  if (metrics && metrics->block_queries > 0) {
    BLIS_CHECK(metrics->hit_rate >= 0 && metrics->hit_rate <= 1, "rate {}", metrics->hit_rate);
  }
  return 0;
}
