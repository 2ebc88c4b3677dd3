#include "config/gpu_prices.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/number_text.h"
#include "base/text.h"

namespace blis::config {

control::GpuPrices parse_gpu_prices(std::string_view text) {
  control::GpuPrices prices;
  if (trim(text).empty()) return prices;
  const InputLocation where{"", 0, "--gpu-hour-cost"};
  for (const std::string_view item : split(text, ',')) {
    const std::size_t equals = item.find('=');
    const std::string_view type = trim(item.substr(0, equals));
    if (equals == std::string_view::npos || type.empty()) {
      throw ConfigError(
          where, fmt::format("\"{}\" is not of the form type=price, as H100=2.5", trim(item)));
    }
    const std::string_view number = trim(item.substr(equals + 1));
    const std::optional<double> price = parse_flag_double(number);
    if (!price || !std::isfinite(*price) || *price < 0) {
      throw ConfigError(
          where, fmt::format("the price \"{}\" of {} is not a finite number >= 0", number, type));
    }
    if (!prices.emplace(type, *price).second) {
      throw ConfigError(where, fmt::format("{} has two prices", type));
    }
  }
  return prices;
}

}  // namespace blis::config
