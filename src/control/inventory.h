// Which GPUs are free, for optimizers that ask before they order. SOURCE spec control-plane 7.5.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blis::control {

/// Ready machines in the order in which placement tries them; empty without node pools. An instance
/// needs its GPUs on one machine, so four free GPUs on four machines place no instance of two.
struct Inventory {
  struct Node {
    std::string gpu_type;
    std::int64_t free_gpus = 0;
    double cost_usd_per_hour = 0;
  };
  std::vector<Node> nodes;

  /// Free GPUs of a type, wherever they are.
  std::int64_t free_gpus(std::string_view gpu_type) const {
    std::int64_t sum = 0;
    for (const Node& node : nodes) sum += node.gpu_type == gpu_type ? node.free_gpus : 0;
    return sum;
  }
};

}  // namespace blis::control
