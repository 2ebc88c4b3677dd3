// What GPUs cost, as --gpu-hour-cost gives it.
#pragma once

#include <string_view>

#include "control/gpu_ledger.h"

namespace blis::config {

/// `type=price,…`, prices in $ per hour of one GPU, finite and >= 0; "" = none. THROWS ConfigError.
control::GpuPrices parse_gpu_prices(std::string_view text);

}  // namespace blis::config
