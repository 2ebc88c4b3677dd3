#include "cluster/fleet.h"

#include <compare>
#include <utility>

#include "kv/kv_factory.h"

namespace blis::cluster {

InstanceId Fleet::add_instance(InstancePlan plan) {
  const InstanceId id(instances_.size());
  kv::KvConfig kv = config_.kv;
  kv.total_blocks = plan.config.total_kv_blocks;
  kv.block_size = plan.config.block_size_tokens;
  kv.run_seed = config_.seed;
  // A cache may remember requests that have ended.
  const auto by_name = [this](RequestId a, RequestId b) {
    return std::is_lt(request::compare_names(requests_.name(a), requests_.name(b), symbols_));
  };
  const bool shares = kv.offload && kv.offload->is_shared();
  std::unique_ptr<kv::KvStore> store = kv::make_kv_store(kv, by_name, shares ? &storage_ : nullptr);
  if (kv.records_index_changes) store->record_index_changes();
  instances_.push_back(std::make_unique<engine::Instance>(id, plan.config, *plan.latency,
                                                          std::move(store), config_.slo_priorities,
                                                          requests_, symbols_, listener_));
  profiles_.push_back(std::move(plan.profile));
  roles_.push_back(plan.roles);
  heap_.add();
  return id;
}

}  // namespace blis::cluster
