// What a prefill or decode pool overrides of the global model. SOURCE spec latency 11, cli 11.5.

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "config/model_resolution.h"

namespace blis::config {
namespace {

/// Memory of the pool's GPU; nullopt if the hardware file does not know it.
std::optional<double> pool_memory_gib(const ResolvedModel& model, const std::string& gpu_type) {
  const auto gpus = model::load_gpus(model.hardware_file);
  const auto found = gpus.find(gpu_type);
  if (found == gpus.end() || found->second.memory_gib <= 0) return std::nullopt;
  return found->second.memory_gib;
}

}  // namespace

PoolModel resolve_pool(const ResolvedModel& model, const PoolSettings& settings,
                       Diagnostics& diagnostics) {
  PoolModel pool = {
      .gpu_type = settings.hardware.value_or(model.gpu_type),
      .latency = model.latency,
      .total_kv_blocks = model.total_kv_blocks,
      .max_model_len_tokens = settings.max_model_len_tokens.value_or(model.max_model_len_tokens)};
  pool.latency.tensor_parallel = settings.tensor_parallel.value_or(model.latency.tensor_parallel);
  pool.latency.backend = settings.latency_model.value_or(model.latency.backend);

  const bool is_analytical = !model.latency.backend.empty();
  const bool differs = pool.latency.tensor_parallel != model.latency.tensor_parallel ||
                       pool.gpu_type != model.gpu_type;
  if (!is_analytical || !differs) return pool;

  const std::optional<double> memory_gib = pool_memory_gib(model, pool.gpu_type);
  if (!memory_gib) {
    diagnostics.warn(
        "the pool's GPU or its memory is not known; the pool gets the global number of KV blocks",
        pool.gpu_type);
    return pool;
  }
  // Also when --total-kv-blocks was given: spec latency BUG-10.
  model::KvCapacityInputs inputs = model.kv_inputs;
  inputs.memory_gib = *memory_gib;
  inputs.tensor_parallel = pool.latency.tensor_parallel;
  pool.total_kv_blocks = model::kv_block_count(model.architecture, inputs);
  const std::int64_t capacity_tokens = pool.total_kv_blocks * model.block_size_tokens;
  if (!settings.max_model_len_tokens && capacity_tokens < pool.max_model_len_tokens) {
    pool.max_model_len_tokens = capacity_tokens;
  }
  return pool;
}

}  // namespace blis::config
