#include "random/ziggurat.h"

#include <cmath>

#include "random/elementary.h"

namespace blis::random {
namespace {

/// Strips of equal `area` under a decreasing `density`, from the tail inwards. `scale` is the range
/// of the integers that are drawn; `inverse` finds the abscissa of a density.
template <std::size_t kStrips, typename Density, typename Inverse>
Ziggurat<kStrips> build(double tail, double area, double scale, Density density, Inverse inverse) {
  Ziggurat<kStrips> table;
  const auto set_edge = [&](std::size_t i, double x) {
    table.width[i] = static_cast<float>(x / scale);
    table.density[i] = static_cast<float>(density(x));
  };
  const double base_width = area / density(tail);
  table.accept[0] = static_cast<std::uint32_t>(tail / base_width * scale);
  table.accept[1] = 0;
  table.width[0] = static_cast<float>(base_width / scale);
  table.density[0] = 1;
  set_edge(kStrips - 1, tail);

  double x = tail;
  for (std::size_t i = kStrips - 2; i >= 1; --i) {
    const double outer = x;
    x = inverse(area / outer + density(outer));
    table.accept[i + 1] = static_cast<std::uint32_t>(x / outer * scale);
    set_edge(i, x);
  }
  return table;
}

}  // namespace

const Ziggurat<128>& normal_ziggurat() {
  static const Ziggurat<128> table = build<128>(
      kNormalTail, 9.91256303526217e-3, 2147483648.0, [](double x) { return exp(-0.5 * x * x); },
      [](double y) { return std::sqrt(-2 * log(y)); });
  return table;
}

const Ziggurat<256>& exponential_ziggurat() {
  static const Ziggurat<256> table = build<256>(
      kExponentialTail, 3.949659822581572e-3, 4294967296.0, [](double x) { return exp(-x); },
      [](double y) { return -log(y); });
  return table;
}

}  // namespace blis::random
