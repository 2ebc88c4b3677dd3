// The `gpu_costs` object of the metrics: GPU-hours, and what they cost.
#pragma once

#include <cstdint>

#include "base/json_writer.h"
#include "base/symbol_table.h"
#include "control/gpu_ledger.h"

namespace blis::report {

/// `output_tokens`: of completed requests. Costs are left out if a price is not known, the cost of
/// tokens also if there are none.
void write_gpu_costs(JsonWriter& json, const control::GpuUsage& usage, const SymbolTable& symbols,
                     std::int64_t output_tokens);

}  // namespace blis::report
