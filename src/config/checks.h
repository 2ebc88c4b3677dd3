// Range checks of flags, in the words that messages use. Each THROWS ConfigError naming the flag
// and its value.
#pragma once

#include <cstdint>
#include <string_view>

namespace blis::config {

void require_at_least(std::string_view flag, std::int64_t value, std::int64_t low);
void require_finite_above_zero(std::string_view flag, double value);
void require_finite_at_least_zero(std::string_view flag, double value);
/// 0 < value <= 1. NaN passes only where the reference lets it pass, see `nan_passes`.
void require_share(std::string_view flag, double value, bool nan_passes = false);

}  // namespace blis::config
