#include "config/checks.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace blis::config {
namespace {

template <typename T>
[[noreturn]] void refuse(std::string_view flag, T value, std::string_view allowed) {
  throw ConfigError({"", 0, std::string(flag)}, fmt::format("{} is not {}", value, allowed));
}

}  // namespace

void require_at_least(std::string_view flag, std::int64_t value, std::int64_t low) {
  if (value < low) refuse(flag, value, fmt::format(">= {}", low));
}

void require_finite_above_zero(std::string_view flag, double value) {
  if (!std::isfinite(value) || value <= 0) refuse(flag, value, "finite and > 0");
}

void require_finite_at_least_zero(std::string_view flag, double value) {
  if (!std::isfinite(value) || value < 0) refuse(flag, value, "finite and >= 0");
}

void require_share(std::string_view flag, double value, bool nan_passes) {
  if (std::isnan(value) ? !nan_passes : (value <= 0 || value > 1)) refuse(flag, value, "in (0, 1]");
}

}  // namespace blis::config
