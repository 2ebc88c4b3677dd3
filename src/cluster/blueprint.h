// An instance to be: everything that it is built from but the GPUs. Kept of every instance, so that
// one that dies can be built again, and of those that wait for GPUs.
#pragma once

#include <cstdint>
#include <string>

#include "cluster/fleet.h"

namespace blis::cluster {

struct Blueprint {
  InstancePlan plan;     ///< as it is without node pools; its role included
  std::string gpu_type;  ///< of the GPUs that it may be placed on; "" = any
  std::int64_t gpus = 1;
  std::string first_name;     ///< of its first life
  std::int64_t restarts = 0;  ///< lives before this one
};

}  // namespace blis::cluster
