#include "cluster/fleet.h"

#include "kv/kv_factory.h"

namespace blis::cluster {

engine::Instance& Fleet::add_instance() {
  const InstanceId id(instances_.size());
  engine::InstanceConfig instance = config_.instance;
  const latency::LatencyModel* latency = config_.latency.get();
  if (const PoolOverride* pool = pool_override(id)) {
    instance.total_kv_blocks = pool->total_kv_blocks;
    instance.max_model_len_tokens = pool->max_model_len_tokens;
    latency = pool->latency.get();
  }
  kv::KvConfig kv = config_.kv;
  kv.total_blocks = instance.total_kv_blocks;
  kv.block_size = instance.block_size_tokens;
  kv.run_seed = config_.seed;
  const auto by_name = [this](RequestId a, RequestId b) {
    return request::compare_names(requests_[a].spec.name, requests_[b].spec.name, symbols_) < 0;
  };
  instances_.push_back(
      std::make_unique<engine::Instance>(id, instance, *latency, kv::make_kv_store(kv, by_name),
                                         config_.slo_priorities, requests_, symbols_, listener_));
  heap_.add();
  return *instances_.back();
}

const PoolOverride* Fleet::pool_override(InstanceId id) const {
  const gateway::PoolRoles role = disagg::role_of(config_.disaggregation.pools, id.index());
  if (role == gateway::kPrefillRole) return config_.prefill_pool ? &*config_.prefill_pool : nullptr;
  const bool decodes = (role & gateway::kDecodeRole) != 0;
  return decodes && config_.decode_pool ? &*config_.decode_pool : nullptr;
}

}  // namespace blis::cluster
