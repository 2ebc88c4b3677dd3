// The file of --kv-offload-config: a host-memory tier and storage tiers behind the GPU's KV cache.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "config/defaults_file.h"
#include "kv/kv_config.h"

namespace blis::config {

using DeviceClasses = std::map<std::string, OffloadDeviceClass>;

/// Reads and resolves the file: chunk sizes from `gpu_block_size`, device figures from `classes`.
/// `per_block_bytes` stays 0; it depends on the model. THROWS ConfigError with file, line and key;
/// mistakes of form all at once, of content the first in the order of spec kv-cache 6.1.
kv::OffloadConfig parse_kv_offload(std::string_view text, const std::string& file,
                                   std::int64_t gpu_block_size, const DeviceClasses& classes);

}  // namespace blis::config
