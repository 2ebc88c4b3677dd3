#include "config/node_hardware.h"

#include <fmt/format.h>

#include "base/error.h"
#include "latency/latency_model.h"
#include "model/gpu.h"

namespace blis::config {

std::map<std::string, cluster::NodeHardware> resolve_node_hardware(const PolicyBundle& bundle,
                                                                   const std::string& file,
                                                                   const ResolvedModel& model,
                                                                   const PoolModel* prefill,
                                                                   const PoolModel* decode) {
  std::map<std::string, cluster::NodeHardware> hardware;
  if (bundle.node_pools.empty()) return hardware;
  const std::map<std::string, model::Gpu> gpus = model::load_gpus(model.hardware_file);
  for (std::size_t i = 0; i < bundle.node_pools.size(); ++i) {
    const std::string& type = bundle.node_pools[i].gpu_type;
    if (hardware.contains(type)) continue;
    const auto gpu = gpus.find(type);
    if (gpu == gpus.end()) {
      std::vector<std::string_view> known;
      for (const auto& [name, unused] : gpus) known.push_back(name);
      throw ConfigError({file, 0, fmt::format("node_pools[{}].gpu_type", i)},
                        unknown_name("GPU for placement.hardware_of_node", type, known));
    }
    const auto on_this_gpu = [&](const PoolModel* pool) {
      return latency::make_latency_model(pool != nullptr ? pool->latency : model.latency,
                                         model.architecture, gpu->second);
    };
    cluster::NodeHardware& entry = hardware[type];
    entry.latency = on_this_gpu(nullptr);
    if (prefill != nullptr) entry.prefill_latency = on_this_gpu(prefill);
    if (decode != nullptr) entry.decode_latency = on_this_gpu(decode);
  }
  return hardware;
}

}  // namespace blis::config
