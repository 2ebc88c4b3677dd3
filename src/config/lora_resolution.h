// Which LoRA adapters there are and what they cost: --lora-config, defaults.yaml and the --lora-*
// flags, merged and checked. SOURCE spec latency 12.1, cli 4.6, 10.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "config/defaults_file.h"
#include "model/lora.h"

namespace blis::config {

/// The LoRA flags; absent = not given on the command line.
struct LoraSettings {
  std::string config_file;  ///< "" = none
  std::optional<std::int64_t> adapter_capacity;
  std::optional<double> load_base_latency_us;
  std::optional<double> load_bandwidth_bytes_per_us;
  std::optional<double> footprint_bytes_per_rank;
};

struct ResolvedLora {
  model::LoraConfig config;
  std::int64_t reserved_bytes = 0;  ///< GPU memory set aside per data-parallel rank; 0 if inactive
};

/// Reads the text of a --lora-config file: no merging, no range checks. THROWS ConfigError.
model::LoraConfig parse_lora_file(std::string_view text, const std::string& file);

/// Flags over file over defaults; then the checks, in the reference's order. THROWS ConfigError.
ResolvedLora resolve_lora(const LoraSettings& settings, const DefaultsFile& defaults,
                          Diagnostics& diagnostics);

}  // namespace blis::config
