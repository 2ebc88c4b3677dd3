#include "random/seed_table.h"

namespace blis::random {

const std::array<std::uint64_t, kLongLag>& seed_table() {
  static constexpr std::array<std::uint64_t, kLongLag> kTable = {
#include "seed_table.inc"
  };
  return kTable;
}

}  // namespace blis::random
