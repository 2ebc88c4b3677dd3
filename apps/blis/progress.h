// A line on the terminal that says how far a run is.
#pragma once

#include <chrono>
#include <cstdint>

#include "cluster/simulation.h"

namespace blis::app {

/// Shows simulated time, requests, speed-up over real time and the time left, on stderr, when that
/// is a terminal and the run has taken more than a second. This is the only place that reads the
/// clock during a run, and nothing reads it back.
class ProgressBar {
 public:
  /// `expected_requests` 0 and `horizon` max(): not known.
  ProgressBar(std::int64_t expected_requests, Micros horizon);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  bool enabled() const { return enabled_; }
  void show(const cluster::Progress& progress);
  /// Takes the line away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  double share_done(const cluster::Progress& progress) const;

  std::int64_t expected_requests_;
  Micros horizon_;
  bool enabled_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point next_draw_;
};

}  // namespace blis::app
