// Settings of disaggregation, with their defaults. SOURCE spec disaggregation 2.1.
#pragma once

#include <cstdint>
#include <string>

#include "disagg/kv_transfer.h"
#include "disagg/pools.h"

namespace blis::disagg {

struct DisaggregationConfig {
  PoolSizes pools;
  std::string decider = "never";
  std::int64_t prefix_threshold_tokens = 16;
  std::string encode_decider = "never";
  TransferConfig transfer;
};

}  // namespace blis::disagg
