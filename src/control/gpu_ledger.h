// The ledger of GPU time: how long GPUs were there, who owned them, and what they cost.
//
//   GPU time of an account at `now` = GPUs held * now + Σ gpus * time (ends) - Σ gpus * time
//   (starts)
//
// GPUs are paid for while they are there ("provisioned"), whether an instance owns them or not.
// With node pools they are there while their node is; without, exactly while an instance owns them.
// Integer GPU microseconds, so that no order of booking shows. Knows no events: whoever places or
// frees GPUs books it here, at the simulated time at which it happens.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "control/nodes.h"

namespace blis::control {

/// US dollars per hour of one GPU, by GPU type.
using GpuPrices = std::map<std::string, double, std::less<>>;

/// What the GPUs of one run came to.
struct GpuUsage {
  struct Provisioned {
    std::string gpu_type;
    std::optional<double> usd_per_gpu_hour;  ///< nullopt: nobody said
    std::int64_t gpu_us = 0;
  };
  struct Owned {
    std::string gpu_type;
    Symbol model = SymbolTable::empty();
    std::int64_t gpu_us = 0;
  };
  std::vector<Provisioned> provisioned;  ///< one per GPU type and price, in order of appearance
  std::vector<Owned> owned;              ///< one per GPU type and model, in order of appearance

  std::int64_t provisioned_gpu_us() const;
  std::int64_t owned_gpu_us() const;
  /// nullopt if somebody used a GPU whose price is not known.
  std::optional<double> cost_usd() const;
};

class GpuLedger {
 public:
  /// `prices` win over those of node pools.
  explicit GpuLedger(GpuPrices prices) : prices_(std::move(prices)) {}

  /// Nodes of the pool are there from `at` on; if `count` is negative, no longer. A pool without
  /// cost has no price.
  void add_nodes(const NodePool& pool, std::int64_t count, Micros at);
  /// The instance owns GPUs from `at` on. `of_node`: they are those of a node; otherwise they come
  /// and go with the instance. REQUIRES  the instance owns none.
  void take(InstanceId instance, std::string_view gpu_type, Symbol model, std::int64_t gpus,
            bool of_node, Micros at);
  /// It owns them no longer; harmless if it owned none.
  void give_back(InstanceId instance, Micros at);

  /// As of `now`, which is not before the last booking. COST  O(accounts): GPU types and models.
  GpuUsage usage(Micros now) const;

 private:
  class Account {
   public:
    void add(std::int64_t gpus, Micros at) {
      held_ += gpus;
      balance_us_ -= gpus * at.count();
    }
    std::int64_t gpu_us(Micros now) const { return balance_us_ + held_ * now.count(); }

   private:
    std::int64_t held_ = 0;
    std::int64_t balance_us_ = 0;
  };
  struct ProvisionedAccount {
    std::string gpu_type;
    std::optional<double> usd_per_gpu_hour;
    Account time;
  };
  struct OwnedAccount {
    std::string gpu_type;
    Symbol model = SymbolTable::empty();
    Account time;
  };
  struct Holding {
    std::int64_t gpus = 0;  // 0 = none
    std::size_t owned = 0;
    std::optional<std::size_t> provisioned;  // if the GPUs go with the instance
  };

  std::size_t provisioned_account(std::string_view gpu_type, std::optional<double> pool_price);
  std::size_t owned_account(std::string_view gpu_type, Symbol model);

  GpuPrices prices_;
  std::vector<ProvisionedAccount> provisioned_;
  std::vector<OwnedAccount> owned_;
  std::vector<Holding> holdings_;  // by instance
};

}  // namespace blis::control
