// The weighted policy's list of scorers, as flags and bundles give it. SOURCE spec data-plane 14.
#pragma once

#include <string_view>
#include <vector>

#include "gateway/gateway_config.h"

namespace blis::gateway {

/// Parses `name:weight[,name:weight…]`; "" is an empty list. `flag` names the setting in messages.
/// THROWS ConfigError for an unknown or repeated name, an empty element, a weight that is not a
/// finite number above 0.
std::vector<ScorerWeight> parse_scorers(std::string_view text, std::string_view flag);

/// Checks names, repetition and weights of a list that did not come from parse_scorers(). The
/// message says which entry is wrong, as `<key>[1].name: …`. THROWS ConfigError.
void check_scorers(const std::vector<ScorerWeight>& scorers, std::string_view key);

/// precise-prefix-cache:2, queue-depth:1, kv-utilization:1.
std::vector<ScorerWeight> default_scorers();

/// What the main policy uses: the flag's list if it has any, else the bundle's, else the default.
std::vector<ScorerWeight> effective_scorers(std::vector<ScorerWeight> from_flag,
                                            std::vector<ScorerWeight> from_bundle);

/// Appends `lora-affinity` with the weight of --lora-scorer-weight to `scorers` (already
/// effective). THROWS ConfigError if the weight is not finite and above 0, or the list has that
/// scorer already.
void append_lora_scorer(std::vector<ScorerWeight>& scorers, double weight);

}  // namespace blis::gateway
