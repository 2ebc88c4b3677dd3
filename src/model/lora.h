// What LoRA adapters cost: memory, loading, and slower steps.
//
// Pure functions of the configuration. Which adapters are resident at an instance, and which
// request waits for a load, is the engine's business. SOURCE spec latency 12.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/micros.h"

namespace blis::model {

struct LoraAdapter {
  std::string id;
  std::int64_t rank = 0;
  std::string base_model;  ///< "" = any
};

/// Slow-down of a step per distinct adapter in it: k6 / k7.
struct StepOverheadTier {
  double k6 = 0;
  double k7 = 0;
};

/// As files and flags give it, merged and checked. What is not given is absent.
struct LoraConfig {
  std::optional<std::int64_t> adapter_capacity;  ///< resident adapters per instance
  std::optional<double> load_base_latency_us;
  std::optional<double> load_bandwidth_bytes_per_us;
  std::optional<double> footprint_bytes_per_rank;
  std::map<std::int64_t, StepOverheadTier> step_overhead_tiers;  ///< by rank
  std::vector<LoraAdapter> adapters;                             ///< in file order

  /// Whether adapters cost anything at all: some are declared and a capacity is set.
  bool is_active() const { return !adapters.empty() && adapter_capacity.value_or(0) > 0; }
};

/// The declared adapters by id.
class LoraRegistry {
 public:
  explicit LoraRegistry(std::span<const LoraAdapter> adapters);

  std::size_t size() const { return adapters_.size(); }
  bool contains(std::string_view id) const { return find(id) != nullptr; }
  /// nullptr if there is no such adapter.
  const LoraAdapter* find(std::string_view id) const;
  std::vector<std::string> sorted_ids() const;
  std::int64_t largest_rank() const;  ///< 0 without adapters
  /// Those of `references` that are not declared, ascending, each once.
  std::vector<std::string> unknown(std::span<const std::string> references) const;

 private:
  std::map<std::string, LoraAdapter, std::less<>> adapters_;
};

class LoraCostModel {
 public:
  /// REQUIRES  config.is_active(), checked values.
  /// THROWS ConfigError if a scalar is missing, a load takes more than 1e15 µs or the reservation
  /// exceeds 1e18 bytes.
  explicit LoraCostModel(const LoraConfig& config);

  /// Bytes of an adapter of this rank:  footprint_bytes_per_rank * rank.
  double footprint_bytes(std::int64_t rank) const;
  /// Time to load it:  max(1, ceil(base + ceil(footprint / bandwidth))). An adapter that is not
  /// declared has rank 0 and loads in 1 µs: callers pass nullopt for it (replayed traces may name
  /// such adapters).
  Micros load_time(std::optional<std::int64_t> rank) const;
  /// GPU memory set aside for the whole run:  capacity * footprint_bytes_per_rank * largest rank,
  /// truncated.   [bytes]
  std::int64_t reserved_bytes() const { return reserved_bytes_; }

  /// How much slower a step is with `adapters` distinct declared adapters in it, the largest of
  /// rank `largest_rank`:
  ///
  ///   1 + (k6 / k7) * adapters         k of the tier of that rank, else of the nearest one, the
  ///   lower of two equally near
  ///
  /// 1 without adapters or tiers. The factor follows the tier: an inverted table slows small
  /// adapters more. Multiply with latency::with_adapter_overhead.
  double step_overhead_factor(std::int64_t adapters, std::int64_t largest_rank) const;

 private:
  double load_us(std::int64_t rank) const;

  double load_base_us_;
  double bandwidth_bytes_per_us_;
  double footprint_bytes_per_rank_;
  std::int64_t reserved_bytes_;
  std::map<std::int64_t, StepOverheadTier> tiers_;
};

}  // namespace blis::model
