#include "cluster/fleet_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "disagg/pools.h"

namespace blis::cluster {

FleetBuilder::FleetBuilder(const ClusterConfig& config, Fleet& fleet, SymbolTable& symbols,
                           Diagnostics& diagnostics)
    : config_(config),
      fleet_(fleet),
      symbols_(symbols),
      diagnostics_(diagnostics),
      ledger_(config.control.gpu_prices) {
  if (!config.control.node_pools.empty()) nodes_.emplace(config.control.node_pools);
  for (const control::NodePool& pool : config.control.node_pools) {
    ledger_.add_nodes(pool, pool.initial_nodes, Micros());
  }
  // The global degree, whatever the pools override and however many data-parallel ranks there are
  // [BUG, spec control-plane 4.2].
  const std::int64_t gpus = std::max<std::int64_t>(1, config.tensor_parallel);
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.num_instances); ++i) {
    const InstanceId id(fleet_.size());
    InstancePlan instance =
        plan(fmt::format("instance_{}", i), disagg::role_of(config.disaggregation.pools, i));
    if (nodes_) {
      const std::optional<control::Placement> placement = nodes_->place(id, "", gpus);
      if (!placement) {
        diagnostics_.warn("an instance finds no GPUs in the node pools and is left out",
                          instance.profile.name);
        continue;
      }
      place_on(placement->gpu_type, gpus, instance);
    }
    ledger_.take(id, instance.profile.gpu_type, instance.profile.model,
                 nodes_ ? gpus : gpus_of(instance), nodes_.has_value(), Micros());
    fleet_.add_instance(std::move(instance));
  }
}

std::optional<InstanceId> FleetBuilder::add(std::string name, const control::Variant& variant,
                                            gateway::PoolRoles roles, Micros clock) {
  const InstanceId id(fleet_.size());
  const PoolOverride* pool = pool_override(roles);
  const std::int64_t own_gpus =
      std::max<std::int64_t>(1, pool != nullptr ? pool->tensor_parallel : config_.tensor_parallel);
  const std::int64_t gpus = variant.gpu_type.empty() ? own_gpus : variant.tensor_parallel;
  const auto placement = nodes_->place(id, variant.gpu_type, gpus);
  if (!placement) return std::nullopt;
  InstancePlan instance = plan(std::move(name), roles);
  place_on(placement->gpu_type, gpus, instance);
  ledger_.take(id, placement->gpu_type, instance.profile.model, gpus, /*of_node=*/true, clock);
  return fleet_.add_instance(std::move(instance));
}

void FleetBuilder::release(InstanceId instance, Micros clock) {
  if (nodes_) nodes_->release(instance);
  ledger_.give_back(instance, clock);
}

InstancePlan FleetBuilder::plan(std::string name, gateway::PoolRoles roles) const {
  InstancePlan instance{
      .profile = {.name = std::move(name),
                  .model = symbols_.intern(config_.model),
                  .gpu_type = config_.gpu_type,
                  .tensor_parallelism = 0,  // the reference notes it at placement only
                  .cost_usd_per_hour = 0,
                  .max_batch_size = config_.instance.max_num_seqs},
      .config = config_.instance,
      .roles = roles,
      .latency = config_.latency.get()};
  if (const PoolOverride* pool = pool_override(instance.roles)) {
    instance.profile.gpu_type = pool->gpu_type;
    instance.config.total_kv_blocks = pool->total_kv_blocks;
    instance.config.max_model_len_tokens = pool->max_model_len_tokens;
    instance.latency = pool->latency.get();
  }
  return instance;
}

const PoolOverride* FleetBuilder::pool_override(gateway::PoolRoles role) const {
  if (role == gateway::kPrefillRole) return config_.prefill_pool ? &*config_.prefill_pool : nullptr;
  const bool decodes = (role & gateway::kDecodeRole) != 0;
  return decodes && config_.decode_pool ? &*config_.decode_pool : nullptr;
}

std::int64_t FleetBuilder::gpus_of(const InstancePlan& plan) const {
  const PoolOverride* pool = pool_override(plan.roles);
  const std::int64_t degree = pool != nullptr ? pool->tensor_parallel : config_.tensor_parallel;
  return std::max<std::int64_t>(1, degree) * std::max<std::int64_t>(1, config_.data_parallel);
}

void FleetBuilder::place_on(const std::string& gpu_type, std::int64_t gpus, InstancePlan& plan) {
  const control::NodePool& pool = nodes_->pool_of_type(gpu_type);
  plan.profile.gpu_type = gpu_type;
  plan.profile.tensor_parallelism = gpus;
  plan.profile.cost_usd_per_hour = pool.cost_usd_per_hour;
  fit_kv_to_memory(pool.gpu_memory_gib, plan);
}

void FleetBuilder::fit_kv_to_memory(double memory_gib, InstancePlan& plan) {
  if (!config_.kv_sizing) return;
  engine::InstanceConfig& config = plan.config;
  model::KvCapacityInputs inputs = config_.kv_sizing->inputs;
  inputs.memory_gib = memory_gib;
  // The degree that the instance computes with, not the number of GPUs it was placed on.
  if (const PoolOverride* pool = pool_override(plan.roles)) {
    inputs.tensor_parallel = pool->tensor_parallel;
  }
  try {
    config.total_kv_blocks = model::kv_block_count(config_.kv_sizing->architecture, inputs);
  } catch (const ConfigError& error) {
    diagnostics_.warn("an instance gets the global number of KV blocks", error.what());
    return;
  }
  const std::int64_t capacity_tokens = config.total_kv_blocks * config.block_size_tokens;
  if (config.max_model_len_tokens > 0 && capacity_tokens < config.max_model_len_tokens) {
    config.max_model_len_tokens = capacity_tokens;
  }
}

}  // namespace blis::cluster
