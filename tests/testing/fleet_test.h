// A fleet to be configured, loaded, run and looked at: steps of 1 ms, KV caches of 100 blocks of 16
// tokens, signals that are never old.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/simulation.h"
#include "testing/fixed_latency.h"
#include "testing/list_source.h"

namespace blis::testing {

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() {
    config_.model = "m";
    config_.gpu_type = "H100";
    config_.latency = std::make_shared<FixedLatency>();
    config_.instance.block_size_tokens = 16;
    config_.instance.total_kv_blocks = 100;
    config_.gateway.signals = {.refresh_interval = Micros(0), .cache_signal_delay = Micros(0)};
  }
  /// Nodes of 80 GiB GPUs that are there from the start.
  control::NodePool& add_pool(std::string name, std::string gpu_type, std::int64_t gpus,
                              std::int64_t nodes = 1) {
    control::NodePool& pool = config_.control.node_pools.emplace_back();
    pool.name = std::move(name);
    pool.gpu_type = std::move(gpu_type);
    pool.gpus_per_node = gpus;
    pool.gpu_memory_gib = 80;
    pool.initial_nodes = nodes;
    return pool;
  }
  request::RequestSpec& add(std::int64_t arrival_us, std::int64_t input = 16,
                            std::int64_t output = 10) {
    return source_.add(input, output, Micros(arrival_us));
  }
  void run() {
    result_ = cluster::Simulation(config_, symbols_, source_, nullptr, diagnostics_).run();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const cluster::InstanceResult& i : result_.instances) names.push_back(i.name);
    return names;
  }
  std::vector<std::size_t> requests_by_instance() const {
    std::vector<std::size_t> counts;
    for (const cluster::InstanceResult& i : result_.instances) counts.push_back(i.rows.size());
    return counts;
  }
  std::int64_t completed() const {
    std::int64_t sum = 0;
    for (const cluster::InstanceResult& i : result_.instances) sum += i.metrics.completed_requests;
    return sum;
  }

  cluster::ClusterConfig config_;
  std::shared_ptr<SymbolTable> symbols_ = std::make_shared<SymbolTable>();
  ListSource source_;
  Diagnostics diagnostics_;
  cluster::SimulationResult result_;
};

}  // namespace blis::testing
