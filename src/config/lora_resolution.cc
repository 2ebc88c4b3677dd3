#include "config/lora_resolution.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "base/output_file.h"
#include "base/yaml_reader.h"
#include "config/lora_tiers.h"

namespace blis::config {
namespace {

std::vector<model::LoraAdapter> read_adapters(YamlFields& fields, YamlErrors& errors) {
  std::vector<model::LoraAdapter> adapters;
  const auto items = fields.list("adapters");
  if (!items) return adapters;
  for (const YamlNode& item : *items) {
    model::LoraAdapter& adapter = adapters.emplace_back();
    YamlFields f(item, errors);
    f.read("id", adapter.id);
    f.read("rank", adapter.rank);
    f.read("base_model", adapter.base_model);
  }
  return adapters;
}

model::LoraConfig read_lora_block(const YamlNode& node, YamlErrors& errors) {
  model::LoraConfig config;
  YamlFields f(node, errors);
  f.read("adapter_capacity", config.adapter_capacity);
  f.read("load_base_latency_us", config.load_base_latency_us);
  f.read("load_bandwidth_bytes_us", config.load_bandwidth_bytes_per_us);
  f.read("footprint_bytes_per_rank", config.footprint_bytes_per_rank);
  config.step_overhead_tiers = read_step_overhead_tiers(f, errors);
  config.adapters = read_adapters(f, errors);
  return config;
}

template <typename T>
void fill(std::optional<T>& target, const T& fallback) {
  if (!target) target = fallback;
}

template <typename T>
void override_with(std::optional<T>& target, const std::optional<T>& flag) {
  if (flag) target = flag;
}

/// Scalars one by one, tiers only as a whole.
void apply_defaults(model::LoraConfig& config, const LoraDefaults& defaults) {
  fill(config.load_base_latency_us, defaults.load_base_latency_us);
  fill(config.load_bandwidth_bytes_per_us, defaults.load_bandwidth_bytes_per_us);
  fill(config.footprint_bytes_per_rank, defaults.footprint_bytes_per_rank);
  if (config.step_overhead_tiers.empty()) config.step_overhead_tiers = defaults.step_overhead_tiers;
}

void apply_flags(model::LoraConfig& config, const LoraSettings& settings) {
  override_with(config.adapter_capacity, settings.adapter_capacity);
  override_with(config.load_base_latency_us, settings.load_base_latency_us);
  override_with(config.load_bandwidth_bytes_per_us, settings.load_bandwidth_bytes_per_us);
  override_with(config.footprint_bytes_per_rank, settings.footprint_bytes_per_rank);
}

template <typename T>
[[noreturn]] void refuse(const std::string& key, std::string_view rule, const T& value) {
  throw ConfigError({.file = "", .line = 0, .key = "lora." + key},
                    fmt::format("must be {}, got {}", rule, value));
}

void check_adapters(const std::vector<model::LoraAdapter>& adapters) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    const model::LoraAdapter& adapter = adapters[i];
    const std::string at = fmt::format("adapters[{}]", i);
    if (adapter.id.empty()) refuse(at + ".id", "given", "\"\"");
    if (!ids.insert(adapter.id).second)
      refuse(at + ".id", "unique", fmt::format("\"{}\" twice", adapter.id));
    if (adapter.rank <= 0) refuse(at + ".rank", "> 0", adapter.rank);
  }
}

void check_scalar(const char* key, const std::optional<double>& value, bool zero_is_fine) {
  if (!value) return;
  const bool in_range = zero_is_fine ? *value >= 0 : *value > 0;
  if (!std::isfinite(*value) || !in_range)
    refuse(key, zero_is_fine ? "finite and >= 0" : "finite and > 0", *value);
}

void check_tiers(const std::map<std::int64_t, model::StepOverheadTier>& tiers) {
  for (const auto& [rank, tier] : tiers) {
    const std::string at = fmt::format("step_overhead_tiers.{}", rank);
    if (rank <= 0) refuse(at, "a rank > 0", rank);
    if (!std::isfinite(tier.k6) || tier.k6 < 0) refuse(at + ".k6", "finite and >= 0", tier.k6);
    if (!std::isfinite(tier.k7) || tier.k7 <= 0)
      refuse(at + ".k7", "given, finite and > 0", tier.k7);
  }
}

/// In the reference's order, which decides what is reported of several mistakes.
void check(const model::LoraConfig& config) {
  if (!config.adapters.empty() && config.adapter_capacity && *config.adapter_capacity <= 0) {
    refuse("adapter_capacity", "> 0 when adapters are declared", *config.adapter_capacity);
  }
  check_adapters(config.adapters);
  check_scalar("load_base_latency_us", config.load_base_latency_us, true);
  check_scalar("load_bandwidth_bytes_us", config.load_bandwidth_bytes_per_us, false);
  check_scalar("footprint_bytes_per_rank", config.footprint_bytes_per_rank, false);
  check_tiers(config.step_overhead_tiers);
}

}  // namespace

model::LoraConfig parse_lora_file(std::string_view text, const std::string& file) {
  const auto document = parse_yaml(text, file);
  if (!document) throw ConfigError({.file = file, .line = 0, .key = ""}, "the file is empty");
  model::LoraConfig config;
  YamlErrors errors(file);
  {
    YamlFields f(*document, errors);
    if (const auto node = f.node("lora")) config = read_lora_block(*node, errors);
  }
  errors.throw_if_any();
  return config;
}

ResolvedLora resolve_lora(const LoraSettings& settings, const DefaultsFile& defaults,
                          Diagnostics& diagnostics) {
  ResolvedLora lora;
  if (!settings.config_file.empty()) {
    lora.config = parse_lora_file(read_file(settings.config_file), settings.config_file);
  }
  if (defaults.lora) apply_defaults(lora.config, *defaults.lora);
  apply_flags(lora.config, settings);
  check(lora.config);
  if (lora.config.is_active()) {
    lora.reserved_bytes = model::LoraCostModel(lora.config).reserved_bytes();
  } else if (!lora.config.adapters.empty()) {
    diagnostics.warn("LoRA adapters are declared without adapter_capacity: they cost nothing");
  }
  return lora;
}

}  // namespace blis::config
