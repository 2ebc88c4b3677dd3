#include "model/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/check.h"
#include "base/error.h"

namespace blis::model {
namespace {

constexpr double kMaxLoadUs = 1e15;
constexpr double kMaxReservedBytes = 1e18;

double given(const std::optional<double>& value, const char* key) {
  if (!value)
    throw ConfigError({.file = "", .line = 0, .key = key}, "is needed when adapters are declared");
  return *value;
}

}  // namespace

LoraRegistry::LoraRegistry(std::span<const LoraAdapter> adapters) {
  for (const LoraAdapter& adapter : adapters) adapters_.emplace(adapter.id, adapter);
}

const LoraAdapter* LoraRegistry::find(std::string_view id) const {
  const auto found = adapters_.find(id);
  return found == adapters_.end() ? nullptr : &found->second;
}

std::vector<std::string> LoraRegistry::sorted_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, adapter] : adapters_) ids.push_back(id);
  return ids;
}

std::int64_t LoraRegistry::largest_rank() const {
  std::int64_t largest = 0;
  for (const auto& [id, adapter] : adapters_) largest = std::max(largest, adapter.rank);
  return largest;
}

std::vector<std::string> LoraRegistry::unknown(std::span<const std::string> references) const {
  std::vector<std::string> missing;
  for (const std::string& id : references) {
    if (!contains(id)) missing.push_back(id);
  }
  std::ranges::sort(missing);
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

LoraCostModel::LoraCostModel(const LoraConfig& config)
    : load_base_us_(given(config.load_base_latency_us, "load_base_latency_us")),
      bandwidth_bytes_per_us_(given(config.load_bandwidth_bytes_per_us, "load_bandwidth_bytes_us")),
      footprint_bytes_per_rank_(given(config.footprint_bytes_per_rank, "footprint_bytes_per_rank")),
      tiers_(config.step_overhead_tiers) {
  BLIS_CHECK(config.is_active(), "latency 12: cost model of an inactive LoRA configuration");
  std::int64_t largest_rank = 0;
  for (const LoraAdapter& adapter : config.adapters) {
    largest_rank = std::max(largest_rank, adapter.rank);
    if (const double us = load_us(adapter.rank); !(us <= kMaxLoadUs)) {
      throw ConfigError(fmt::format(
          "LoRA adapter \"{}\" of rank {} would take {} µs to load; at most {} are allowed",
          adapter.id, adapter.rank, us, kMaxLoadUs));
    }
  }
  const double reserved = static_cast<double>(*config.adapter_capacity) *
                          footprint_bytes_per_rank_ * static_cast<double>(largest_rank);
  if (!(reserved <= kMaxReservedBytes)) {
    throw ConfigError(
        fmt::format("LoRA adapters would reserve {} bytes of GPU memory (capacity {} of rank {}); "
                    "at most {} are allowed",
                    reserved, *config.adapter_capacity, largest_rank, kMaxReservedBytes));
  }
  reserved_bytes_ = static_cast<std::int64_t>(reserved);
}

double LoraCostModel::footprint_bytes(std::int64_t rank) const {
  return footprint_bytes_per_rank_ * static_cast<double>(rank);
}

double LoraCostModel::load_us(std::int64_t rank) const {
  return load_base_us_ + std::ceil(footprint_bytes(rank) / bandwidth_bytes_per_us_);
}

Micros LoraCostModel::load_time(std::optional<std::int64_t> rank) const {
  if (!rank) return Micros(1);
  return std::max(Micros(1), Micros::truncate(std::ceil(load_us(*rank))));
}

double LoraCostModel::step_overhead_factor(std::int64_t adapters, std::int64_t largest_rank) const {
  if (adapters <= 0 || tiers_.empty()) return 1.0;
  auto nearest = tiers_.lower_bound(largest_rank);  // the first tier that is not lower
  if (nearest == tiers_.end()) {
    nearest = std::prev(nearest);
  } else if (nearest != tiers_.begin() && nearest->first != largest_rank) {
    const auto below = std::prev(nearest);
    if (largest_rank - below->first <= nearest->first - largest_rank) nearest = below;
  }
  const StepOverheadTier& tier = nearest->second;
  return 1.0 + (tier.k6 / tier.k7) * static_cast<double>(adapters);
}

}  // namespace blis::model
