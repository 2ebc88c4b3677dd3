#include "workload/servegen.h"

#include <algorithm>

#include "base/error.h"
#include "workload/servegen/cohorts.h"

namespace blis::workload {
namespace {

using servegen::ChunkFiles;

/// Reasoning data gives itself away in the first chunk.
bool is_reasoning(const ChunkFiles& first, Diagnostics& diagnostics) {
  try {
    const servegen::Dataset dataset = servegen::read_dataset(first.dataset_path);
    return std::ranges::any_of(
        dataset, [](const auto& entry) { return entry.second.contains("reason_ratio"); });
  } catch (const DataError& error) {
    diagnostics.warn("ServeGen category cannot be told from the first dataset", error.what());
    return false;
  }
}

}  // namespace

void load_servegen_data(WorkloadSpec& spec, Diagnostics& diagnostics) {
  const ServegenDataSpec& data = *spec.servegen_data;
  const std::vector<ChunkFiles> chunks = servegen::list_chunks(data.path);
  const bool reasoning = is_reasoning(chunks.front(), diagnostics);
  spec.cohorts = reasoning ? servegen::load_reasoning(chunks, data, spec.seed, diagnostics)
                           : servegen::load_periods(chunks, data, spec.seed, diagnostics);
  if (spec.cohorts.empty()) {
    throw DataError(InputLocation{data.path, 0, {}}, "no active cohorts in the data set");
  }
  if (reasoning) spec.category = "reasoning";
  spec.aggregate_rate_per_s = 0;
}

}  // namespace blis::workload
