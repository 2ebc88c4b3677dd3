// What `observe` prints: the metrics object and the section on sessions, from measured requests.
// SOURCE spec cli 12.2, 14.4, 15.5, 16.1.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "report/goodput.h"
#include "report/saturation/saturation.h"
#include "trace/goodput_targets.h"
#include "trace/trace_record.h"

namespace blis::report {

/// A measured request. `chunk_times_us` is empty unless these were recorded.
struct MeasuredRequest {
  const trace::TraceRecord* record = nullptr;
  std::span<const std::int64_t> chunk_times_us{};
};

struct ObservedReportOptions {
  double wall_s = 0;  ///< how long it took
  trace::GoodputTargets goodput_targets{};
  bool has_chunk_times = false;  ///< false: ITL targets cannot be judged and do not gate
  std::map<std::string, std::string> saturation_labels{};
};

/// Everything that goes to stdout, with its final newline.
std::string render_observed(std::span<const MeasuredRequest> requests,
                            const ObservedReportOptions& options);

/// Successful requests with a positive E2E, ascending bytewise by name: what saturation detectors
/// look at.
std::vector<ServedRequest> served_requests(std::span<const MeasuredRequest> requests);

/// Goodput of measured requests. REQUIRES targets. SOURCE spec cli 15.5.
Goodput evaluate_observed_goodput(std::span<const MeasuredRequest> requests,
                                  const ObservedReportOptions& options);

}  // namespace blis::report
