#include "gateway/tenant_budgets.h"

#include <algorithm>
#include <utility>

namespace blis::gateway {

double TenantBudgets::FractionOf::operator()(std::string_view tenant) const {
  if (tenant.empty()) return -1;
  const auto found = fractions.find(tenant);
  return found == fractions.end() ? -1 : found->second;
}

TenantBudgets::TenantBudgets(std::map<std::string, double> fractions, std::int64_t instances,
                             std::int64_t max_num_seqs, const SymbolTable& symbols)
    : capacity_(static_cast<double>(std::max<std::int64_t>(instances * max_num_seqs, 1))),
      fraction_(symbols, FractionOf{{fractions.begin(), fractions.end()}}) {}

bool TenantBudgets::is_over_budget(Symbol tenant) {
  const double fraction = fraction_(tenant);
  return fraction >= 0 && static_cast<double>(in_flight(tenant)) > fraction * capacity_;
}

std::int64_t TenantBudgets::in_flight(Symbol tenant) const {
  return tenant.index() < in_flight_.size() ? in_flight_[tenant.index()] : 0;
}

void TenantBudgets::start(Symbol tenant) {
  if (tenant.index() >= in_flight_.size()) in_flight_.resize(tenant.index() + 1);
  ++in_flight_[tenant.index()];
}

void TenantBudgets::finish(Symbol tenant) {
  if (in_flight(tenant) > 0) --in_flight_[tenant.index()];
}

namespace {

class TenantBudgetAdmission final : public AdmissionPolicy {
 public:
  TenantBudgetAdmission(TenantBudgets& budgets, std::unique_ptr<AdmissionPolicy> inner)
      : budgets_(budgets), inner_(std::move(inner)) {}

  AdmissionDecision decide(const RouteQuery& query, const RouterState& state) override {
    if (!query.is_sheddable() || !budgets_.is_over_budget(query.tenant)) {
      return inner_->decide(query, state);
    }
    AdmissionDecision decision;
    decision.admitted = false;
    decision.reason = AdmissionReason::kTenantBudgetShed;
    return decision;
  }
  bool reads_signals() const override { return inner_->reads_signals(); }

 private:
  TenantBudgets& budgets_;
  std::unique_ptr<AdmissionPolicy> inner_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_tenant_budget_admission(
    TenantBudgets& budgets, std::unique_ptr<AdmissionPolicy> inner) {
  return std::make_unique<TenantBudgetAdmission>(budgets, std::move(inner));
}

}  // namespace blis::gateway
