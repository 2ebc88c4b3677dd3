#include "config/defaults_file.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "base/output_file.h"
#include "base/yaml_reader.h"
#include "config/lora_tiers.h"

namespace blis::config {
namespace {

ModelDefaults read_model(const YamlNode& node, YamlErrors& errors) {
  ModelDefaults model;
  YamlFields f(node, errors);
  f.read("GPU", model.gpu);
  f.read("tensor_parallelism", model.tensor_parallelism);
  f.read("hf_repo", model.hf_repo);
  return model;
}

/// Keys that a preset leaves out are 0.
workload::TokenShape read_preset(const YamlNode& node, YamlErrors& errors) {
  workload::TokenShape shape = {.prefix_tokens = 0,
                                .prompt = {.mean = 0, .std_dev = 0, .min = 0, .max = 0},
                                .output = {.mean = 0, .std_dev = 0, .min = 0, .max = 0}};
  YamlFields f(node, errors);
  f.read("prefix_tokens", shape.prefix_tokens);
  f.read("prompt_tokens", shape.prompt.mean);
  f.read("prompt_tokens_stdev", shape.prompt.std_dev);
  f.read("prompt_tokens_min", shape.prompt.min);
  f.read("prompt_tokens_max", shape.prompt.max);
  f.read("output_tokens", shape.output.mean);
  f.read("output_tokens_stdev", shape.output.std_dev);
  f.read("output_tokens_min", shape.output.min);
  f.read("output_tokens_max", shape.output.max);
  return shape;
}

void read_numbers(YamlFields& fields, const char* key, std::vector<double>& out,
                  YamlErrors& errors) {
  const auto items = fields.list(key);
  if (!items) return;
  for (const YamlNode& item : *items) {
    if (const auto value = item.as_double(errors)) out.push_back(*value);
  }
}

void read_coefficients(const YamlNode& node, DefaultsFile& defaults, YamlErrors& errors) {
  YamlFields f(node, errors);
  read_numbers(f, "alpha_coeffs", defaults.alpha, errors);
  read_numbers(f, "beta_coeffs", defaults.beta, errors);
}

LoraDefaults read_lora(const YamlNode& node, YamlErrors& errors) {
  LoraDefaults lora;
  YamlFields f(node, errors);
  f.read("load_base_latency_us", lora.load_base_latency_us);
  f.read("load_bandwidth_bytes_us", lora.load_bandwidth_bytes_per_us);
  f.read("footprint_bytes_per_rank", lora.footprint_bytes_per_rank);
  lora.step_overhead_tiers = read_step_overhead_tiers(f, errors);
  return lora;
}

void read_figures(YamlFields& fields, const std::string& prefix,
                  OffloadDeviceClass::Figures& figures) {
  fields.read(prefix + "read_bandwidth", figures.read_bandwidth);
  fields.read(prefix + "write_bandwidth", figures.write_bandwidth);
  fields.read(prefix + "base_latency", figures.base_latency);
  fields.read(prefix + "saturation_queue_depth", figures.saturation_queue_depth);
  fields.read(prefix + "single_transfer_fraction", figures.single_transfer_fraction);
  fields.read(prefix + "latency_jitter_stddev", figures.latency_jitter_stddev);
}

OffloadDeviceClass read_device(const YamlNode& node, YamlErrors& errors) {
  OffloadDeviceClass device;
  YamlFields f(node, errors);
  read_figures(f, "", device.direct);
  read_figures(f, "buffered_", device.buffered);
  return device;
}

template <typename Value, typename Reader>
void read_map(YamlFields& fields, const char* key, std::map<std::string, Value>& out, Reader reader,
              YamlErrors& errors) {
  const auto entries = fields.entries(key);
  if (!entries) return;
  for (const auto& [name, node] : *entries) out[name] = reader(node, errors);
}

DefaultsFile read_document(const std::optional<YamlNode>& document, const std::string& file) {
  if (!document) throw ConfigError({.file = file, .line = 0, .key = ""}, "the file is empty");
  DefaultsFile defaults;
  defaults.path = file;
  YamlErrors errors(file);
  {
    YamlFields f(*document, errors);
    f.read("version", defaults.version);
    read_map(f, "defaults", defaults.models, read_model, errors);
    read_map(f, "workloads", defaults.presets, read_preset, errors);
    if (const auto node = f.node("trained_physics_coefficients"))
      read_coefficients(*node, defaults, errors);
    if (const auto node = f.node("lora")) defaults.lora = read_lora(*node, errors);
    read_map(f, "kv_offload_devices", defaults.offload_devices, read_device, errors);
  }
  errors.throw_if_any();
  return defaults;
}

}  // namespace

const ModelDefaults& DefaultsFile::model(const std::string& lower_case_name) const {
  static const ModelDefaults kNothing;
  const auto found = models.find(lower_case_name);
  return found == models.end() ? kNothing : found->second;
}

std::string defaults_file_path(const std::string& flag_value, bool is_set,
                               const std::string& catalog_folder) {
  std::error_code ignored;
  if (is_set || catalog_folder.empty() || std::filesystem::exists(flag_value, ignored))
    return flag_value;
  return (std::filesystem::path(catalog_folder) / "defaults.yaml").string();
}

DefaultsFile parse_defaults(std::string_view text, const std::string& file) {
  return read_document(parse_yaml(text, file), file);
}

DefaultsFile load_defaults(const std::string& file) {
  return parse_defaults(read_file(file), file);
}

}  // namespace blis::config
