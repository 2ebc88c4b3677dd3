#include "disagg/kv_transfer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace blis::disagg {
namespace {

/// double to ticks as the reference converts here: what does not fit becomes the smallest integer.
std::int64_t to_ticks(double us) {
  const bool fits = us >= -9223372036854775808.0 && us < 9223372036854775808.0;
  return fits ? static_cast<std::int64_t>(us) : std::numeric_limits<std::int64_t>::min();
}

}  // namespace

Micros KvTransfers::start(std::int64_t blocks) {
  if (config_.contention) {
    ++active_;
    ++starts_;
    peak_ = std::max(peak_, active_);
    depth_sum_ += active_;
  }
  const double block_bytes =
      static_cast<double>(config_.block_size_tokens) * config_.kv_bytes_per_token;
  const double bytes = static_cast<double>(blocks) * block_bytes;
  const double base_us = config_.base_latency_ms * 1000.0;
  double rate = config_.bandwidth_gb_per_s * 1000.0;
  if (config_.contention && active_ > 1) rate = rate / static_cast<double>(active_);
  const double us = rate > 0 ? std::ceil(base_us + bytes / rate) : std::ceil(base_us);
  return Micros(std::max<std::int64_t>(to_ticks(us), 1));
}

void KvTransfers::complete() {
  if (!config_.contention) return;
  BLIS_CHECK(active_ > 0, "disaggregation 7.3: a transfer ends that never started");
  --active_;
}

double KvTransfers::mean_depth() const {
  return starts_ == 0 ? 0.0 : static_cast<double>(depth_sum_) / static_cast<double>(starts_);
}

}  // namespace blis::disagg
