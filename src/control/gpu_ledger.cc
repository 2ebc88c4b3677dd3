#include "control/gpu_ledger.h"

#include "base/check.h"

namespace blis::control {
namespace {

constexpr double kMicrosPerHour = 3.6e9;

}  // namespace

std::int64_t GpuUsage::provisioned_gpu_us() const {
  std::int64_t sum = 0;
  for (const Provisioned& account : provisioned) sum += account.gpu_us;
  return sum;
}

std::int64_t GpuUsage::owned_gpu_us() const {
  std::int64_t sum = 0;
  for (const Owned& account : owned) sum += account.gpu_us;
  return sum;
}

std::optional<double> GpuUsage::cost_usd() const {
  double sum = 0;
  for (const Provisioned& account : provisioned) {
    if (account.gpu_us == 0) continue;
    if (!account.usd_per_gpu_hour) return std::nullopt;
    sum += static_cast<double>(account.gpu_us) / kMicrosPerHour * *account.usd_per_gpu_hour;
  }
  return sum;
}

void GpuLedger::add_nodes(const NodePool& pool, std::int64_t count, Micros at) {
  std::optional<double> price;
  if (pool.cost_usd_per_hour > 0) {
    price = pool.cost_usd_per_hour / static_cast<double>(pool.gpus_per_node);
  }
  provisioned_[provisioned_account(pool.gpu_type, price)].time.add(count * pool.gpus_per_node, at);
}

void GpuLedger::take(InstanceId instance, std::string_view gpu_type, Symbol model,
                     std::int64_t gpus, bool of_node, Micros at) {
  if (holdings_.size() <= instance.index()) holdings_.resize(instance.index() + 1);
  Holding& holding = holdings_[instance.index()];
  BLIS_CHECK(holding.gpus == 0, "control: instance {} takes GPUs twice", instance.value());
  holding.gpus = gpus;
  holding.owned = owned_account(gpu_type, model);
  owned_[holding.owned].time.add(gpus, at);
  if (of_node) return;
  holding.provisioned = provisioned_account(gpu_type, std::nullopt);
  provisioned_[*holding.provisioned].time.add(gpus, at);
}

void GpuLedger::give_back(InstanceId instance, Micros at) {
  if (holdings_.size() <= instance.index()) return;
  Holding& holding = holdings_[instance.index()];
  if (holding.gpus == 0) return;
  owned_[holding.owned].time.add(-holding.gpus, at);
  if (holding.provisioned) provisioned_[*holding.provisioned].time.add(-holding.gpus, at);
  holding = {};
}

GpuUsage GpuLedger::usage(Micros now) const {
  GpuUsage usage;
  for (const ProvisionedAccount& account : provisioned_) {
    usage.provisioned.push_back({.gpu_type = account.gpu_type,
                                 .usd_per_gpu_hour = account.usd_per_gpu_hour,
                                 .gpu_us = account.time.gpu_us(now)});
  }
  for (const OwnedAccount& account : owned_) {
    usage.owned.push_back(
        {.gpu_type = account.gpu_type, .model = account.model, .gpu_us = account.time.gpu_us(now)});
  }
  return usage;
}

std::size_t GpuLedger::provisioned_account(std::string_view gpu_type,
                                           std::optional<double> pool_price) {
  const auto given = prices_.find(gpu_type);
  const std::optional<double> price =
      given != prices_.end() ? std::optional<double>(given->second) : pool_price;
  for (std::size_t i = 0; i < provisioned_.size(); ++i) {
    if (provisioned_[i].gpu_type == gpu_type && provisioned_[i].usd_per_gpu_hour == price) return i;
  }
  provisioned_.push_back({std::string(gpu_type), price, {}});
  return provisioned_.size() - 1;
}

std::size_t GpuLedger::owned_account(std::string_view gpu_type, Symbol model) {
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    if (owned_[i].gpu_type == gpu_type && owned_[i].model == model) return i;
  }
  owned_.push_back({std::string(gpu_type), model, {}});
  return owned_.size() - 1;
}

}  // namespace blis::control
