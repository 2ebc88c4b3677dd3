#include "cluster/fleet.h"

#include "kv/kv_factory.h"

namespace blis::cluster {

engine::Instance& Fleet::add_instance() {
  const InstanceId id(instances_.size());
  kv::KvConfig kv = config_.kv;
  kv.total_blocks = config_.instance.total_kv_blocks;
  kv.block_size = config_.instance.block_size_tokens;
  kv.run_seed = config_.seed;
  const auto by_name = [this](RequestId a, RequestId b) {
    return request::compare_names(requests_[a].spec.name, requests_[b].spec.name, symbols_) < 0;
  };
  instances_.push_back(std::make_unique<engine::Instance>(
      id, config_.instance, *config_.latency, kv::make_kv_store(kv, by_name),
      config_.slo_priorities, requests_, symbols_, listener_));
  heap_.add();
  return *instances_.back();
}

}  // namespace blis::cluster
