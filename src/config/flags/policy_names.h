// Every name that a flag or a bundle key chooses from, ascending, as messages, help and completion
// list them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace blis::config {

using Names = std::span<const std::string_view>;

Names admission_policy_names();
Names routing_policy_names();
Names scorer_names();
Names scheduler_names();
Names preemption_policy_names();
Names stepper_names();
Names latency_model_names();
Names kv_cache_dtype_names();  ///< --kv-cache-dtype; all but auto are one byte
Names moe_comm_backend_names();
Names saturation_gate_names();  ///< --saturation-detector, the gateway's real-time gate
Names dispatch_order_names();
Names fairness_policy_names();
Names pd_decider_names();
Names encode_decider_names();
Names trace_level_names();
Names log_level_names();
Names saturation_detector_names();  ///< --detectors, after the run
Names session_mode_names();
Names api_format_names();
Names day_time_names();  ///< convert servegen --time
Names calibrate_format_names();
Names bench_format_names();
Names trace_info_format_names();
Names trace_scale_method_names();

bool contains(Names names, std::string_view name);

/// THROWS ConfigError at `where` unless `name` is one of `names`, or empty and `empty_allowed`.
void require_name(const InputLocation& where, std::string_view what, std::string_view name,
                  Names names, bool empty_allowed = true);

}  // namespace blis::config
