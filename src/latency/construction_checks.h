// Range checks that the latency models share when they are built.
#pragma once

#include <span>
#include <string_view>

namespace blis::latency {

bool is_positive_finite(double value);

/// THROWS ConfigError naming `what` and the index unless every value is finite and not
/// negative.
void check_coefficients(std::string_view what, std::span<const double> values);

}  // namespace blis::latency
