#include "config/model_resolution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "config/flags/policy_names.h"
#include "config/model_config_lookup.h"
#include "latency/moe_comm.h"
#include "model/precision.h"

namespace blis::config {
namespace {

constexpr std::string_view kDefaultBackend = "trained-physics";
constexpr std::string_view kRoofline = "roofline";
constexpr std::size_t kMinimumBetas = 7;
constexpr std::size_t kAlphaCount = 3;
constexpr double kFp8Bytes = 1;

[[noreturn]] void refuse(const std::string& flag, std::string_view message) {
  throw ConfigError({.file = "", .line = 0, .key = flag}, message);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool all_zero(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return value == 0; });
}

/// Step 1. An explicit empty name passes, and fails when the model is built.
std::string resolve_backend(const std::optional<std::string>& flag) {
  if (!flag) return std::string(kDefaultBackend);
  if (!flag->empty() && latency::find_latency_model(*flag) == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& entry : latency::latency_model_entries()) names.push_back(entry.name);
    refuse("--latency-model", unknown_name("backend", *flag, names));
  }
  return *flag;
}

void check_given_coefficients(const std::string& flag,
                              const std::optional<std::vector<double>>& values) {
  if (!values) return;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const double value = (*values)[i];
    if (!std::isfinite(value) || value < 0) {
      refuse(flag, fmt::format("value {} must be finite and >= 0, got {}", i + 1, value));
    }
  }
}

/// Steps 2 and 3.
void check_settings(const ModelSettings& settings) {
  if (settings.alpha.has_value() != settings.beta.has_value()) {
    refuse(settings.alpha ? "--alpha-coeffs" : "--beta-coeffs",
           "--alpha-coeffs and --beta-coeffs go together");
  }
  check_given_coefficients("--alpha-coeffs", settings.alpha);
  check_given_coefficients("--beta-coeffs", settings.beta);
  const double utilization = settings.memory_utilization_ratio;
  if (!std::isfinite(utilization) || utilization <= 0 || utilization > 1) {
    refuse("--gpu-memory-utilization", fmt::format("must be in (0, 1], got {}", utilization));
  }
  if (settings.block_size_tokens <= 0) {
    refuse("--block-size-in-tokens",
           fmt::format("must be > 0, got {}", settings.block_size_tokens));
  }
  require_name({"", 0, "--kv-cache-dtype"}, "KV cache dtype", settings.kv_cache_dtype,
               kv_cache_dtype_names(), /*empty_allowed=*/false);
  if (settings.hybrid_context_tokens < 0) {
    refuse("--hybrid-attention-context",
           fmt::format("must be >= 0, got {}", settings.hybrid_context_tokens));
  }
  const double zipf = settings.expert_zipf_exponent;
  if (!std::isfinite(zipf) || zipf < 0) {
    refuse("--expert-zipf-exponent", fmt::format("must be finite and >= 0, got {}", zipf));
  }
}

/// Step 4: what the defaults file knows about the model.
void apply_model_defaults(const ModelDefaults& defaults, ResolvedModel& model,
                          Diagnostics& diagnostics) {
  if (model.latency.tensor_parallel == 0 && defaults.tensor_parallelism > 0) {
    model.latency.tensor_parallel = defaults.tensor_parallelism;
    diagnostics.warn("--tp not given; taken from the defaults file",
                     fmt::format("{} for {}", defaults.tensor_parallelism, model.name));
  }
  if (model.gpu_type.empty() && !defaults.gpu.empty()) {
    model.gpu_type = defaults.gpu;
    diagnostics.warn("--hardware not given; taken from the defaults file",
                     fmt::format("{} for {}", defaults.gpu, model.name));
  }
}

void require_gpu_and_tensor_parallel(const ResolvedModel& model) {
  std::vector<std::string_view> missing;
  if (model.gpu_type.empty()) missing.push_back("--hardware (GPU type)");
  if (model.latency.tensor_parallel <= 0) missing.push_back("--tp (tensor parallelism)");
  if (missing.empty()) return;
  throw ConfigError(fmt::format("{} knows no defaults for model \"{}\"; give {}",
                                model.defaults.path, model.name, fmt::join(missing, " and ")));
}

/// Roofline runs without coefficients; its alphas cannot be set from the command line.
void resolve_roofline_coefficients(const ModelSettings& settings, ResolvedModel& model) {
  if (settings.alpha && settings.latency_model) {
    refuse("--alpha-coeffs", "cannot be combined with --latency-model roofline");
  }
  model.latency.alpha.assign(kAlphaCount, 0);
}

/// Flags, or else the defaults file's.
void resolve_trained_coefficients(const ModelSettings& settings, ResolvedModel& model,
                                  Diagnostics& diagnostics) {
  const DefaultsFile& defaults = model.defaults;
  model.latency.alpha = settings.alpha.value_or(defaults.alpha);
  model.latency.beta = settings.beta.value_or(defaults.beta);
  if (!settings.beta) {
    if (model.latency.beta.size() < kMinimumBetas || all_zero(model.latency.beta)) {
      throw ConfigError(
          {.file = defaults.path, .line = 0, .key = "trained_physics_coefficients.beta_coeffs"},
          fmt::format("trained-physics needs at least {} values that are not all zero",
                      kMinimumBetas));
    }
  }
  if (!settings.alpha && all_zero(model.latency.alpha)) {
    diagnostics.warn(
        "all alpha coefficients are zero: requests queue, decode and complete without overheads");
  }
}

std::string find_hardware_file(const std::string& flag, const std::string& defaults_file) {
  if (!flag.empty()) return flag;
  std::string beside =
      (std::filesystem::path(defaults_file).parent_path() / "hardware_config.json").string();
  std::error_code ignored;
  if (!std::filesystem::exists(beside, ignored)) {
    refuse("--hardware-config", fmt::format("not given, and there is no {}", beside));
  }
  return beside;
}

void report_modelling_gaps(const ResolvedModel& model, Diagnostics& diagnostics) {
  if (model.latency.backend == kRoofline && model.architecture.is_moe()) {
    diagnostics.info(
        "roofline: MoE model; expert weights follow the expected number of experts that a step "
        "touches",
        model.name);
  }
  if (model.architecture.kv_lora_rank > 0) {
    diagnostics.warn(
        "latent attention (MLA) sizes the KV cache but not step times, which are pessimistic",
        model.name);
  }
}

/// Options of ours that change what a KV element and a layer's context are.
void apply_memory_extensions(const ModelSettings& settings, ResolvedModel& model,
                             Diagnostics& diagnostics) {
  if (settings.kv_cache_dtype != "auto") model.architecture.kv_element_bytes = kFp8Bytes;
  model.architecture.hybrid_context_tokens = settings.hybrid_context_tokens;
  if (settings.hybrid_context_tokens == 0) return;
  if (!model.architecture.attention.unknown_type.empty()) {
    diagnostics.warn("layer_types of config.json: counted as full attention",
                     model.architecture.attention.unknown_type);
  }
  if (model.architecture.attention.is_uniform()) {
    diagnostics.warn(
        "--hybrid-attention-context has no effect: config.json has neither windows nor linear "
        "attention",
        model.name);
  }
}

/// Steps 5 to 7: coefficients, then the files, then what they say.
void resolve_files(const ModelSettings& settings, const ModelSources& sources, ResolvedModel& model,
                   Diagnostics& diagnostics) {
  require_gpu_and_tensor_parallel(model);
  if (model.latency.backend == kRoofline) {
    resolve_roofline_coefficients(settings, model);
  } else {
    resolve_trained_coefficients(settings, model, diagnostics);
  }
  const ModelConfigText config = find_model_config(model.name, settings.model_config_folder,
                                                   model.defaults, sources, diagnostics);
  model.hardware_file = find_hardware_file(settings.hardware_config, settings.defaults_file);

  model.architecture = model::parse_architecture(config.text, config.file, diagnostics);
  model.architecture.name = model.name;
  model.gpu =
      model::find_gpu(model::load_gpus(model.hardware_file), model.gpu_type, model.hardware_file);
  model::apply_name_precision(model.architecture, diagnostics);
  apply_memory_extensions(settings, model, diagnostics);
  report_modelling_gaps(model, diagnostics);
}

/// Whether the capacity formula can be applied; says why not.
bool can_be_sized(const model::Architecture& architecture, Diagnostics& diagnostics) {
  try {
    model::check_expert_count_is_known(architecture);
    return true;
  } catch (const ConfigError& error) {
    diagnostics.warn("KV blocks are not calculated", error.what());
    return false;
  }
}

/// Step 8.
void resolve_kv_blocks(const ModelSettings& settings, ResolvedModel& model,
                       Diagnostics& diagnostics) {
  model.kv_inputs.memory_gib = model.gpu.memory_gib;
  if (settings.total_kv_blocks) {
    if (model.lora.reserved_bytes > 0) {
      diagnostics.warn(
          "--total-kv-blocks is taken as it is: the memory of LoRA adapters is not subtracted");
    }
    return;
  }
  if (!can_be_sized(model.architecture, diagnostics)) return;
  model.kv_blocks_follow_gpu_memory = true;
  if (model.gpu.memory_gib <= 0) {
    diagnostics.warn(
        "KV blocks are not calculated: the GPU's MemoryGiB is not known",
        fmt::format("{}; {} blocks are assumed", model.gpu_type, model.total_kv_blocks));
    return;
  }
  model.total_kv_blocks = model::kv_block_count(model.architecture, model.kv_inputs);
}

/// `length` if `blocks` can hold it, else what they can hold.
std::int64_t capped_length(std::int64_t length_tokens, std::int64_t blocks,
                           std::int64_t block_size_tokens) {
  if (length_tokens <= 0) return length_tokens;
  const std::int64_t needed =
      length_tokens / block_size_tokens + (length_tokens % block_size_tokens != 0 ? 1 : 0);
  return needed > blocks ? blocks * block_size_tokens : length_tokens;
}

/// Step 9.
void resolve_max_model_len(const ModelSettings& settings, ResolvedModel& model,
                           Diagnostics& diagnostics) {
  if (!settings.max_model_len_tokens && model.architecture.max_position_embeddings > 0) {
    model.max_model_len_tokens = model.architecture.context_tokens;
  }
  const std::int64_t wanted = model.max_model_len_tokens;
  model.max_model_len_tokens =
      capped_length(wanted, model.total_kv_blocks, model.block_size_tokens);
  if (model.max_model_len_tokens != wanted) {
    diagnostics.warn("max-model-len exceeds the KV cache and is lowered",
                     fmt::format("{} to {} tokens", wanted, model.max_model_len_tokens));
  }
}

void check_comm_backend(const ModelSettings& settings, const ResolvedModel& model,
                        Diagnostics& diagnostics) {
  const std::string& name = settings.moe_comm_backend;
  if (name.empty()) return;
  if (latency::find_moe_comm_backend(name) == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& backend : latency::moe_comm_backends()) names.push_back(backend.name);
    refuse("--moe-comm-backend", unknown_name("MoE communication backend", name, names));
  }
  if (model.latency.backend != kDefaultBackend) {
    refuse("--moe-comm-backend", fmt::format("needs --latency-model {}", kDefaultBackend));
  }
  if (!model.architecture.is_moe() || settings.data_parallel == 1) {
    diagnostics.warn(
        "--moe-comm-backend has no effect: only MoE models with --dp > 1 dispatch tokens");
  }
}

/// Whole experts can be unequally busy; slices of each on every GPU cannot.
void check_expert_imbalance(const ModelSettings& settings, const ResolvedModel& model) {
  if (!model.architecture.is_moe()) {
    refuse("--expert-zipf-exponent", "needs a mixture-of-experts model");
  }
  if (model.latency.backend == kDefaultBackend && !settings.enable_expert_parallel) {
    refuse("--expert-zipf-exponent",
           "needs --enable-expert-parallel with trained-physics: without it each GPU holds a slice "
           "of every expert, and all are equally busy");
  }
}

/// Step 10.
void check_parallelism(const ModelSettings& settings, const ResolvedModel& model,
                       Diagnostics& diagnostics) {
  if (model.max_model_len_tokens < 0) {
    refuse("--max-model-len", fmt::format("must be >= 0, got {}", model.max_model_len_tokens));
  }
  if (settings.data_parallel < 1)
    refuse("--dp", fmt::format("must be >= 1, got {}", settings.data_parallel));
  const bool many_ranks = settings.data_parallel > 1;
  if ((many_ranks || settings.enable_expert_parallel) && model.latency.backend != kDefaultBackend) {
    refuse(many_ranks ? "--dp" : "--enable-expert-parallel",
           fmt::format("needs --latency-model {}", kDefaultBackend));
  }
  if (many_ranks && !model.architecture.is_moe()) {
    refuse("--dp", fmt::format("{} ranks need a mixture-of-experts model; for replicas of a dense "
                               "model use --num-instances",
                               settings.data_parallel));
  }
  if (settings.enable_expert_parallel && !model.architecture.is_moe()) {
    refuse("--enable-expert-parallel", "needs a mixture-of-experts model");
  }
  check_comm_backend(settings, model, diagnostics);
  if (settings.expert_zipf_exponent > 0) check_expert_imbalance(settings, model);
}

workload::DeclaredAdapters declared_adapters(const model::LoraConfig& lora) {
  workload::DeclaredAdapters declared;
  for (const model::LoraAdapter& adapter : lora.adapters) declared[adapter.id] = adapter.base_model;
  return declared;
}

}  // namespace

ResolvedModel resolve_model(const ModelSettings& settings, const ModelSources& sources,
                            Diagnostics& diagnostics) {
  if (settings.model.empty()) refuse("--model", "is required");
  ResolvedModel model;
  model.defaults = load_defaults(settings.defaults_file);
  model.presets = model.defaults.presets;
  model.lora = resolve_lora(settings.lora, model.defaults, diagnostics);
  model.declared_adapters = declared_adapters(model.lora.config);

  model.name = lower_case(settings.model);
  model.gpu_type = settings.hardware;
  model.latency.backend = resolve_backend(settings.latency_model);
  check_settings(settings);
  model.latency.alpha = settings.alpha.value_or(std::vector<double>(kAlphaCount, 0));
  model.latency.beta = settings.beta.value_or(std::vector<double>());
  model.latency.tensor_parallel = settings.tensor_parallel;
  model.latency.data_parallel = settings.data_parallel;
  model.latency.moe_comm_backend = settings.moe_comm_backend;
  model.latency.expert_zipf_exponent = settings.expert_zipf_exponent;
  model.total_kv_blocks = settings.total_kv_blocks.value_or(model.total_kv_blocks);
  model.max_model_len_tokens = settings.max_model_len_tokens.value_or(0);
  model.block_size_tokens = settings.block_size_tokens;
  apply_model_defaults(model.defaults.model(model.name), model, diagnostics);
  model.kv_inputs = {.memory_gib = 0,
                     .tensor_parallel = model.latency.tensor_parallel,
                     .data_parallel = settings.data_parallel,
                     .block_size_tokens = settings.block_size_tokens,
                     .memory_utilization_ratio = settings.memory_utilization_ratio,
                     .adapter_reserved_bytes = model.lora.reserved_bytes};

  if (!model.latency.backend.empty()) {
    resolve_files(settings, sources, model, diagnostics);
    resolve_kv_blocks(settings, model, diagnostics);
    resolve_max_model_len(settings, model, diagnostics);
  }
  check_parallelism(settings, model, diagnostics);
  return model;
}

}  // namespace blis::config
