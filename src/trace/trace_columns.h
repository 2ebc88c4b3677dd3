// Columns of a trace's CSV: 27 that are always there, in a fixed order, and five that appear when
// some row needs them.
//
//   request_id client_id tenant_id slo_class [vllm_priority] session_id … deadline_us
//   [slo_target_us] … finish_reason [x_request_id] [adapter] [think_time_us]
//
// SOURCE spec traces 3.
#pragma once

#include <cstddef>
#include <string_view>

#include "trace/trace_record.h"

namespace blis::trace {

inline constexpr std::size_t kBaseColumns = 27;

/// Which of the conditional columns are there.
struct TraceColumns {
  bool vllm_priority = false;
  bool slo_target_us = false;
  bool x_request_id = false;
  bool adapter = false;
  bool think_time_us = false;

  /// Adds what `record` needs, in a trace of this mode.
  void require_for(const TraceRecord& record, std::string_view mode);
  std::size_t count() const {
    return kBaseColumns + static_cast<std::size_t>(vllm_priority + slo_target_us + x_request_id +
                                                   adapter + think_time_us);
  }
  friend bool operator==(const TraceColumns&, const TraceColumns&) = default;
};

}  // namespace blis::trace
