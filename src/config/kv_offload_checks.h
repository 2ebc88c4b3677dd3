// What a resolved offload configuration must satisfy, whether it comes from a file or from a trace
// header.
#pragma once

#include <optional>
#include <string>

#include "kv/kv_config.h"

namespace blis::config {

struct OffloadMistake {
  std::string key;  ///< below kv_offload, as `secondary_tiers[0].n_read_threads`
  std::string message;
};

/// The first mistake in the order of spec kv-cache 6.1 ("whole-config validation"), if there is
/// one. What only the cache refuses (chunks of several blocks, `arc`, too little memory) passes
/// here.
std::optional<OffloadMistake> find_offload_mistake(const kv::OffloadConfig& config);

}  // namespace blis::config
