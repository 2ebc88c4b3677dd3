#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace blis::app {
namespace {

constexpr std::chrono::milliseconds kFirstDraw{1000};
constexpr std::chrono::milliseconds kInterval{200};
constexpr double kMicrosPerSecond = 1e6;
constexpr int kBarWidth = 24;

std::string bar(double share) {
  const int full = static_cast<int>(share * kBarWidth);
  return std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kBarWidth - full), '.');
}

}  // namespace

ProgressBar::ProgressBar(std::int64_t expected_requests, Micros horizon)
    : expected_requests_(expected_requests),
      horizon_(horizon),
      enabled_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      next_draw_(start_ + kFirstDraw) {}

double ProgressBar::share_done(const cluster::Progress& progress) const {
  // Whichever limit is nearer ends the run. Requests count half when they arrive and half when they
  // are done.
  double share = 0;
  if (expected_requests_ > 0) {
    share = static_cast<double>(progress.arrived_requests + progress.completed_requests) /
            (2.0 * static_cast<double>(expected_requests_));
  }
  if (horizon_ != Micros::max() && horizon_ > Micros()) {
    share = std::max(
        share, static_cast<double>(progress.clock.count()) / static_cast<double>(horizon_.count()));
  }
  return std::clamp(share, 0.0, 1.0);
}

void ProgressBar::show(const cluster::Progress& progress) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kInterval;
  drawn_ = true;

  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  const double simulated_s = static_cast<double>(progress.clock.count()) / kMicrosPerSecond;
  const double share = share_done(progress);
  std::string line = fmt::format("\r[{}] {:.1f} s simulated, {} of {} requests, {:.0f}x real time",
                                 bar(share), simulated_s, progress.completed_requests,
                                 progress.arrived_requests, simulated_s / elapsed_s);
  if (share > 0) line += fmt::format(", {:.0f} s left", elapsed_s * (1 - share) / share);
  fmt::print(stderr, "{}\x1b[K", line);
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}

}  // namespace blis::app
