// defaults.yaml: what a run assumes when neither a flag nor a file says otherwise. SOURCE spec
// latency 13, cli 10.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lora.h"
#include "workload/synthesis.h"

namespace blis::config {

/// GPU, tensor parallelism and repository of one model; "" and 0 where the file says nothing.
struct ModelDefaults {
  std::string gpu;
  std::int64_t tensor_parallelism = 0;
  std::string hf_repo;
};

/// The `lora` block. A field that is left out is 0, and fails the checks that follow if 0 is no
/// valid value.
struct LoraDefaults {
  double load_base_latency_us = 0;
  double load_bandwidth_bytes_per_us = 0;
  double footprint_bytes_per_rank = 0;
  std::map<std::int64_t, model::StepOverheadTier> step_overhead_tiers;
};

/// One class of storage devices for KV offloading. Absent members fall back as spec latency 13
/// says.
struct OffloadDeviceClass {
  struct Figures {
    std::optional<double> read_bandwidth;   ///< bytes/µs
    std::optional<double> write_bandwidth;  ///< bytes/µs
    std::optional<double> base_latency;     ///< µs
    std::optional<std::int64_t> saturation_queue_depth;
    std::optional<double> single_transfer_fraction;
    std::optional<double> latency_jitter_stddev;
  };
  Figures direct;
  Figures buffered;  ///< keys with the prefix `buffered_`
};

struct DefaultsFile {
  std::string path;
  std::string version;
  std::map<std::string, ModelDefaults> models;  ///< by lower-case model name
  workload::Presets presets;
  std::vector<double> alpha;  ///< of trained-physics
  std::vector<double> beta;
  std::optional<LoraDefaults> lora;
  std::map<std::string, OffloadDeviceClass> offload_devices;

  /// Nothing given if the model has no entry.
  const ModelDefaults& model(const std::string& lower_case_name) const;
};

/// Which file --defaults-filepath means. A given path is taken as it is; else ./defaults.yaml if
/// there is one, as the reference reads it; else the one in `catalog_folder`, if that is not empty.
/// The folder of the result is where model_configs/ and hardware_config.json are looked for.
std::string defaults_file_path(const std::string& flag_value, bool is_set,
                               const std::string& catalog_folder);

/// THROWS ConfigError if the text is no defaults file; all its mistakes at once. `file` is named in
/// the message.
DefaultsFile parse_defaults(std::string_view text, const std::string& file);
/// The same for a file. THROWS ConfigError also if it cannot be read.
DefaultsFile load_defaults(const std::string& file);

}  // namespace blis::config
