// Strips of the two ziggurats: how wide each is, and the density at its edges. Computed; bits as
// the reference's tables. SOURCE  spec engine 16.6; the method is Marsaglia and Tsang's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace blis::random {

template <std::size_t kStrips>
struct Ziggurat {
  std::array<std::uint32_t, kStrips>
      accept{};                          ///< integers below lie under the curve in their strip
  std::array<float, kStrips> width{};    ///< from integers to abscissas
  std::array<float, kStrips> density{};  ///< at the right edge
};

inline constexpr double kNormalTail = 3.442619855899;  ///< where the bottom strip's tail begins
inline constexpr double kExponentialTail = 7.69711747013104972;

const Ziggurat<128>& normal_ziggurat();
const Ziggurat<256>& exponential_ziggurat();

}  // namespace blis::random
