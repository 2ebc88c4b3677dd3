// The kind of a replica, as the autoscaler sees it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace blis::control {

struct Variant {
  std::string gpu_type;
  std::int64_t tensor_parallel = 1;  ///< GPUs of one replica, >= 1

  friend auto operator<=>(const Variant&, const Variant&) = default;
};

}  // namespace blis::control
