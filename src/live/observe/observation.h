// `observe` as a whole: from a workload and a server to a recorded trace. SOURCE spec traces 8.
//
//   count tokens per word -> prewarm -> scrape -> send and measure -> scrape
//
// Network and clock are confined to EventLoop, HttpClient, Journal and what drives them
// (LoadGenerator, single_exchange.h); prompts, bodies, framing, answers, rows and counters are
// pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "live/observe/load_generator.h"
#include "live/observe/observed_record.h"
#include "live/observe/target.h"
#include "trace/trace_header.h"
#include "workload/run_workload.h"

namespace blis::live {

struct ObserveOptions {
  Target target;
  LoadOptions load;
  std::chrono::nanoseconds prewarm{0};
  std::string scrape_url;  ///< "" = no scraping
};

struct Observation {
  std::vector<ObservedRequest>
      requests;  ///< in the order of completion, times from the run's start
  std::int64_t start_since_epoch_us = 0;
  Clock::time_point start;  ///< just before the first request
  std::optional<trace::ObservedKvMetrics> kv_metrics;
  SendStatistics statistics;
  bool interrupted = false;
};

/// Sends `load` to the server. Each record is shown to `on_record` as soon as it is complete.
/// A signal ends the run early, with everything measured so far.
/// THROWS ConfigError for a workload that cannot be generated; std::runtime_error if the system has
///        no room. A server that fails is no error: that is what is recorded.
Observation observe(const workload::ResolvedWorkload& load, const ObserveOptions& options,
                    const std::function<void(const ObservedRequest&)>& on_record,
                    Diagnostics& diagnostics);

}  // namespace blis::live
