// Goodput of the real run beside that of its simulation. SOURCE spec traces 10.5.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "calibrate/matching.h"
#include "trace/goodput_targets.h"

namespace blis::calibrate {

/// One side of one class.
struct SideGoodput {
  double attainment = 0;  ///< good / count
  double goodput_rps = 0;
  std::map<std::string, double> attainment_by_dimension{};  ///< gated dimensions: met / evaluated
};

struct ClassGoodputComparison {
  std::int64_t count = 0;
  SideGoodput real{}, sim{};
};

struct GoodputComparison {
  std::map<std::string, ClassGoodputComparison> classes{};  ///< every targeted class
  bool skipped_itl = false;  ///< some request was gated by ITL and had none
};

/// Over rows that are not excluded and have a result. Both sides are divided by the real run's
/// time. [QUIRK] The network is not added to the simulated side here, and dimensions after the
/// first one missed are not evaluated.
GoodputComparison compare_goodput(const std::vector<RealRow>& rows, const SimResults& results,
                                  std::int64_t warm_up_requests, const ChunkGaps& gaps,
                                  const trace::GoodputTargets& targets);

}  // namespace blis::calibrate
