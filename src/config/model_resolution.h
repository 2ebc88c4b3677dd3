// From flags to a model on a GPU: which config.json, which hardware entry, which coefficients, how
// many KV blocks, how long a sequence may get. The order of the steps decides which mistake is
// reported first (spec latency 9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "config/defaults_file.h"
#include "config/lora_resolution.h"
#include "config/model_sources.h"
#include "latency/latency_model.h"
#include "model/architecture.h"
#include "model/gpu.h"
#include "model/kv_capacity.h"
#include "workload/adapter_check.h"

namespace blis::config {

/// What the command line says about model and hardware; absent = flag not given. Plain members mean
/// the same given or not. Defaults of the flags are the flags' own business. SOURCE spec latency 9.
struct ModelSettings {
  std::string defaults_file;  ///< see defaults_file_path()
  std::string model;
  std::string hardware;              ///< "" = from the defaults file
  std::int64_t tensor_parallel = 0;  ///< 0 = from the defaults file
  std::int64_t data_parallel = 1;
  bool enable_expert_parallel = false;  ///< checked; changes no result
  std::string moe_comm_backend;
  std::string kv_cache_dtype = "auto";     ///< "auto" = the model's own
  std::int64_t hybrid_context_tokens = 0;  ///< 0 = every layer attends to everything
  double expert_zipf_exponent = 0;         ///< 0 = balanced experts
  std::optional<std::string> latency_model;
  std::optional<std::vector<double>> alpha;
  std::optional<std::vector<double>> beta;
  std::string model_config_folder;  ///< "" = look it up; may also name the config.json itself
  std::string hardware_config;      ///< "" = beside the defaults file
  std::optional<std::int64_t> total_kv_blocks;
  std::optional<std::int64_t> max_model_len_tokens;
  std::int64_t block_size_tokens = 16;
  double memory_utilization_ratio = 0.9;
  LoraSettings lora;
};

/// A model, its hardware and everything derived from both; immutable from here on.
struct ResolvedModel {
  std::string name;      ///< lower-cased
  std::string gpu_type;  ///< key of the hardware table
  model::Architecture architecture;
  model::Gpu gpu;
  std::string
      hardware_file;  ///< where other pools' GPUs are looked up; "" with an empty --latency-model
  latency::LatencyConfig latency;
  std::int64_t total_kv_blocks = 1'000'000;
  /// No explicit count, and the model can be sized: instances on GPUs with other memory get a
  /// count of their own.
  bool kv_blocks_follow_gpu_memory = false;
  model::KvCapacityInputs kv_inputs;      ///< of the global GPU; other pools change what differs
  std::int64_t max_model_len_tokens = 0;  ///< 0 = unlimited
  std::int64_t block_size_tokens = 16;
  ResolvedLora lora;
  DefaultsFile defaults;
  workload::Presets presets;
  workload::DeclaredAdapters declared_adapters;
};

/// Steps 0 to 10 of spec latency 9. Fetches config.json only if no local file will do.
/// THROWS ConfigError or DataError where the reference ends with status 1. A --latency-model given
/// as "" leaves architecture and GPU empty, so that building the latency model fails, as the
/// reference does.
ResolvedModel resolve_model(const ModelSettings& settings, const ModelSources& sources,
                            Diagnostics& diagnostics);

/// What one pool overrides; absent = flag not given.
struct PoolSettings {
  std::optional<std::int64_t> tensor_parallel;
  std::optional<std::string> hardware;
  std::optional<std::string> latency_model;
  std::optional<std::int64_t> max_model_len_tokens;
};

/// The same quantities for the instances of one prefill or decode pool. Model, GPU figures,
/// coefficients and data parallelism stay global: another GPU changes label and block count, not
/// step times (spec latency BUG-6).
struct PoolModel {
  std::string gpu_type;
  latency::LatencyConfig latency;
  std::int64_t total_kv_blocks = 0;
  std::int64_t max_model_len_tokens = 0;
};

/// Resolves the overrides of one pool; without any it is the global model. THROWS ConfigError.
/// SOURCE spec latency 11.
PoolModel resolve_pool(const ResolvedModel& model, const PoolSettings& settings,
                       Diagnostics& diagnostics);

}  // namespace blis::config
