// Tenant budgets: a tenant that has more in flight than its share gets only its important requests
// in.
//
//   capacity = instances x max_num_seqs, at the start, at least 1                       [requests]
//   over budget(t)  <=>  t is named, has a budget, and in_flight(t) > fraction(t) * capacity
//
// Counted from routing to the end of a request; what waits in the gateway is not counted, so a
// burst at one tick passes entirely. SOURCE spec data-plane 9.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/symbol_table.h"
#include "gateway/admission_policy.h"
#include "gateway/per_symbol.h"

namespace blis::gateway {

class TenantBudgets {
 public:
  /// `symbols` outlives the tracker. `fractions` are in [0, 1].
  TenantBudgets(std::map<std::string, double> fractions, std::int64_t instances,
                std::int64_t max_num_seqs, const SymbolTable& symbols);

  bool is_over_budget(Symbol tenant);
  std::int64_t in_flight(Symbol tenant) const;
  void start(Symbol tenant);
  void finish(Symbol tenant);  ///< never below 0

 private:
  struct FractionOf {
    std::map<std::string, double, std::less<>> fractions;
    double operator()(std::string_view tenant) const;  ///< negative: no budget
  };

  double capacity_;
  PerSymbol<double, FractionOf> fraction_;
  std::vector<std::int64_t> in_flight_;  // by tenant symbol
};

/// Rejects sheddable requests of tenants over budget; asks `inner` about all others. The budget
/// comes first, so that a request it rejects is not also queued (spec data-plane 9). `budgets`
/// outlives the result.
std::unique_ptr<AdmissionPolicy> make_tenant_budget_admission(
    TenantBudgets& budgets, std::unique_ptr<AdmissionPolicy> inner);

}  // namespace blis::gateway
