// The clock of a run: microseconds since its first planned instant.
#pragma once

#include <chrono>
#include <cstdint>

#include "live/observe/event_loop.h"

namespace blis::live {

class RunClock {
 public:
  /// The run starts now.
  RunClock() : start_(Clock::now()), epoch_(std::chrono::system_clock::now().time_since_epoch()) {}

  std::int64_t now_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_).count();
  }
  /// The moment `us` after the start; a time too far off is the end of time.
  Clock::time_point at(std::int64_t us) const {
    const auto room =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::time_point::max() - start_);
    return us >= room.count() ? Clock::time_point::max() : start_ + std::chrono::microseconds(us);
  }
  /// When the run started, µs since the Unix epoch.
  std::int64_t start_since_epoch_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(epoch_).count();
  }

 private:
  Clock::time_point start_;
  std::chrono::system_clock::duration epoch_;
};

}  // namespace blis::live
