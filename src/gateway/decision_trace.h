// The record of admission and routing decisions, and its summary. SOURCE spec data-plane 16.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace blis::gateway {

/// What `--summarize-trace` prints.
struct TraceSummary {
  std::int64_t decisions = 0;  ///< admission records
  std::int64_t admitted = 0;
  std::int64_t rejected = 0;
  std::map<std::string, std::int64_t> targets;  ///< instance name -> routing decisions
  double mean_regret = 0;
  double max_regret = 0;
};

}  // namespace blis::gateway
