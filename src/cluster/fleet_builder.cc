#include "cluster/fleet_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
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
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.num_instances); ++i) {
    Blueprint blueprint = blueprint_of(fmt::format("instance_{}", i),
                                       disagg::role_of(config.disaggregation.pools, i));
    // The global degree, whatever the pools override and however many data-parallel ranks there are
    // [BUG, spec control-plane 4.2].
    if (nodes_ && !config.control.placement.gpus_of_instance) {
      blueprint.gpus = std::max<std::int64_t>(1, config.tensor_parallel);
    }
    if (try_build(blueprint, Micros())) continue;
    if (config.control.instances_wait()) {
      wait(std::move(blueprint));
    } else {
      diagnostics_.warn("an instance finds no GPUs in the node pools and is left out",
                        blueprint.first_name);
    }
  }
}

std::optional<InstanceId> FleetBuilder::add(std::string name, const control::Variant& variant,
                                            gateway::PoolRoles roles, Micros clock) {
  Blueprint blueprint = blueprint_of(std::move(name), roles);
  blueprint.gpu_type = variant.gpu_type;
  if (!variant.gpu_type.empty()) {
    blueprint.gpus = variant.tensor_parallel;
  } else if (!config_.control.placement.gpus_of_instance) {
    blueprint.gpus = degree_of(roles);
  }
  const std::optional<InstanceId> instance = try_build(blueprint, clock);
  if (!instance && config_.control.instances_wait()) wait(std::move(blueprint));
  return instance;
}

void FleetBuilder::release(InstanceId instance, Micros clock) {
  if (nodes_) nodes_->release(instance);
  ledger_.give_back(instance, clock);
}

void FleetBuilder::add_node(std::size_t node, Micros clock) {
  nodes_->make_ready(node);
  ledger_.add_nodes(nodes_->pools()[nodes_->pool_of(node)], 1, clock);
}

void FleetBuilder::remove_node(std::size_t node, Micros clock) {
  nodes_->terminate(node);
  ledger_.add_nodes(nodes_->pools()[nodes_->pool_of(node)], -1, clock);
}

// ----------------------------------------------------------------------------------------------
// instances that wait for GPUs

void FleetBuilder::wait(Blueprint blueprint) {
  InstancePlan expected = expect(blueprint);
  waiting_.push_back({std::move(blueprint), std::move(expected)});
  ++waited_;
  most_waiting_ = std::max(most_waiting_, waiting_.size());
}

std::vector<InstanceId> FleetBuilder::build_waiting(Micros clock) {
  std::vector<InstanceId> built;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const std::optional<InstanceId> instance = try_build(waiting.blueprint, clock);
    if (instance) built.push_back(*instance);
    return instance.has_value();
  });
  return built;
}

InstancePlan FleetBuilder::expect(const Blueprint& blueprint) {
  const std::vector<control::NodePool>& pools = nodes_->pools();
  const auto serves = [&](const control::NodePool& pool) {
    return (blueprint.gpu_type.empty() || pool.gpu_type == blueprint.gpu_type) &&
           pool.gpus_per_node >= blueprint.gpus;
  };
  const auto pool = std::ranges::find_if(pools, serves);
  InstancePlan plan = blueprint.plan;
  place_on(pool != pools.end() ? *pool : pools.front(), blueprint.gpus, plan);
  return plan;
}

// ----------------------------------------------------------------------------------------------
// instances that died

Blueprint FleetBuilder::successor_of(InstanceId dead) const {
  Blueprint next = blueprints_[dead.index()];
  ++next.restarts;
  next.plan.profile.name = fmt::format("{}-restart-{}", next.first_name, next.restarts);
  return next;
}

InstanceId FleetBuilder::rebuild_in_place(InstanceId dead, Micros clock) {
  const Blueprint next = successor_of(dead);
  InstancePlan plan = next.plan;
  if (nodes_) {
    place_on(pool_of(nodes_->hand_over(dead, InstanceId(fleet_.size()))), next.gpus, plan);
  }
  ledger_.give_back(dead, clock);
  return build(next, std::move(plan), clock);
}

void FleetBuilder::wait_for_rebuild(InstanceId dead) { wait(successor_of(dead)); }

// ----------------------------------------------------------------------------------------------
// building

std::optional<InstanceId> FleetBuilder::try_build(const Blueprint& blueprint, Micros clock) {
  InstancePlan plan = blueprint.plan;
  if (nodes_) {
    const std::optional<control::Placement> placement =
        nodes_->place(InstanceId(fleet_.size()), blueprint.gpu_type, blueprint.gpus);
    if (!placement) return std::nullopt;
    place_on(pool_of(*placement), blueprint.gpus, plan);
  }
  return build(blueprint, std::move(plan), clock);
}

InstanceId FleetBuilder::build(const Blueprint& blueprint, InstancePlan plan, Micros clock) {
  blueprints_.push_back(blueprint);
  ledger_.take(InstanceId(fleet_.size()), plan.profile.gpu_type, plan.profile.model, blueprint.gpus,
               nodes_.has_value(), clock);
  return fleet_.add_instance(std::move(plan));
}

Blueprint FleetBuilder::blueprint_of(std::string name, gateway::PoolRoles roles) const {
  Blueprint blueprint;
  blueprint.first_name = name;
  blueprint.gpus = gpus_of(roles);
  InstancePlan& plan = blueprint.plan;
  plan = {.profile = {.name = std::move(name),
                      .model = symbols_.intern(config_.model),
                      .gpu_type = config_.gpu_type,
                      .tensor_parallelism = 0,  // the reference notes it at placement only
                      .cost_usd_per_hour = 0,
                      .max_batch_size = config_.instance.max_num_seqs},
          .config = config_.instance,
          .roles = roles,
          .latency = config_.latency.get()};
  if (const PoolOverride* pool = pool_override(roles)) {
    plan.profile.gpu_type = pool->gpu_type;
    plan.config.total_kv_blocks = pool->total_kv_blocks;
    plan.config.max_model_len_tokens = pool->max_model_len_tokens;
    plan.latency = pool->latency.get();
  }
  return blueprint;
}

const PoolOverride* FleetBuilder::pool_override(gateway::PoolRoles role) const {
  if (role == gateway::kPrefillRole) return config_.prefill_pool ? &*config_.prefill_pool : nullptr;
  const bool decodes = (role & gateway::kDecodeRole) != 0;
  return decodes && config_.decode_pool ? &*config_.decode_pool : nullptr;
}

std::int64_t FleetBuilder::degree_of(gateway::PoolRoles roles) const {
  const PoolOverride* pool = pool_override(roles);
  return std::max<std::int64_t>(1,
                                pool != nullptr ? pool->tensor_parallel : config_.tensor_parallel);
}

std::int64_t FleetBuilder::gpus_of(gateway::PoolRoles roles) const {
  return degree_of(roles) * std::max<std::int64_t>(1, config_.data_parallel);
}

const control::NodePool& FleetBuilder::pool_of(const control::Placement& placement) const {
  return config_.control.placement.hardware_of_node ? nodes_->pools()[placement.pool]
                                                    : nodes_->pool_of_type(placement.gpu_type);
}

void FleetBuilder::place_on(const control::NodePool& pool, std::int64_t gpus, InstancePlan& plan) {
  plan.profile.gpu_type = pool.gpu_type;
  plan.profile.tensor_parallelism = gpus;
  plan.profile.cost_usd_per_hour = pool.cost_usd_per_hour;
  if (config_.control.placement.hardware_of_node) {
    plan.latency = latency_on(pool.gpu_type, plan.roles);
  }
  fit_kv_to_memory(pool.gpu_memory_gib, plan);
}

const latency::LatencyModel* FleetBuilder::latency_on(const std::string& gpu_type,
                                                      gateway::PoolRoles role) const {
  const auto found = config_.node_hardware.find(gpu_type);
  BLIS_CHECK(found != config_.node_hardware.end(), "cluster: no step times for GPUs of type {}",
             gpu_type);
  const NodeHardware& hardware = found->second;
  const PoolOverride* pool = pool_override(role);
  if (pool == nullptr) return hardware.latency.get();
  return (role == gateway::kPrefillRole ? hardware.prefill_latency : hardware.decode_latency).get();
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
