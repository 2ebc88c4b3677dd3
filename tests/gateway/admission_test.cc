#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gateway/admission_policy.h"
#include "gateway/tenant_budgets.h"
#include "testing/gateway_fixture.h"

namespace blis::gateway {
namespace {

using testing::at;
using testing::query_of;

AdmissionDecision decide(AdmissionPolicy& policy, const RouteQuery& query, std::int64_t clock_us,
                         const std::vector<InstanceSignals>& candidates = {}) {
  return policy.decide(query, {.clock = Micros(clock_us), .candidates = candidates});
}

std::unique_ptr<AdmissionPolicy> make(std::string_view name, const AdmissionConfig& config = {}) {
  return find_admission_policy(name)->make(config, {});
}

TEST(TokenBucket, RefillsUpToItsCapacity) {
  const auto policy = make("token-bucket");  // 10000 tokens, 1000 per second
  EXPECT_TRUE(decide(*policy, query_of(0, 6000), 0).admitted);
  EXPECT_FALSE(decide(*policy, query_of(1, 6000), 1000).admitted);
  EXPECT_TRUE(decide(*policy, query_of(2, 6000), 2'500'000).admitted);
  EXPECT_TRUE(decide(*policy, query_of(3, 10'000), 20'000'000).admitted);  // capped at 10000
  EXPECT_FALSE(decide(*policy, query_of(4, 1), 20'000'000).admitted);
  EXPECT_TRUE(decide(*policy, query_of(5, 0), 20'000'000).admitted);
}

// law data-plane L17
RC_GTEST_PROP(TokenBucket, NeverAdmitsMoreThanCapacityAndRefill, ()) {
  AdmissionConfig config;
  config.token_bucket = {.capacity_tokens = 500, .refill_tokens_per_s = 2000};
  const auto policy = make("token-bucket", config);
  std::int64_t clock = 0;
  std::int64_t admitted = 0;
  for (int i = 0; i < 100; ++i) {
    clock += *rc::gen::inRange(0, 20'000);
    const auto tokens = *rc::gen::inRange<std::int64_t>(0, 700);
    if (decide(*policy, query_of(0, tokens), clock).admitted) admitted += tokens;
    RC_ASSERT(static_cast<double>(admitted) <=
              500 + 2000 * static_cast<double>(clock) / 1e6 + 1e-6);
  }
}

TEST(TierShed, KeepsLowClassesOutAboveTheThreshold) {
  AdmissionConfig config;
  config.tier_shed = {.load_threshold = 4, .min_priority = 3};
  const auto policy = make("tier-shed", config);
  RouteQuery batch = query_of(0);
  batch.priority = -1;
  EXPECT_TRUE(decide(*policy, batch, 0, {at(0, 2, 2), at(1, 0, 0)}).admitted);
  const AdmissionDecision shed = decide(*policy, batch, 0, {at(0, 2, 2, 3), at(1, 0, 0)});
  EXPECT_FALSE(shed.admitted);
  EXPECT_EQ(format_reason(shed, "batch"), "tier-shed: class=batch priority=-1 < min=3 load=7");
  EXPECT_TRUE(decide(*policy, query_of(0), 0, {at(0, 9, 9)}).admitted);
  EXPECT_TRUE(decide(*policy, batch, 0).admitted);  // nobody to be loaded
}

TEST(GaieLegacy, ComparesTheMeanUtilisationWithOne) {
  const auto policy = make("gaie-legacy");
  RouteQuery batch = query_of(0);
  batch.priority = -1;
  // (1.2 + 1.125 + 0.125) / 3 < 1
  EXPECT_TRUE(
      decide(*policy, batch, 0, {at(0, 6, 0, 0, 0.5), at(1, 2, 0, 0, 0.9), at(2, 0, 0, 0, 0.1)})
          .admitted);
  EXPECT_FALSE(decide(*policy, batch, 0, {at(0, 6, 0), at(1, 5, 0)}).admitted);
  EXPECT_FALSE(decide(*policy, batch, 0).admitted);  // without candidates: saturated
  EXPECT_TRUE(decide(*policy, query_of(0), 0).admitted);
}

TEST(RejectAll, RejectsAll) {
  const AdmissionDecision decision = decide(*make("reject-all"), query_of(0), 0);
  EXPECT_FALSE(decision.admitted);
  EXPECT_EQ(format_reason(decision, ""), "reject-all");
}

TEST(TenantBudgets, AreOverOnlyAboveTheShare) {
  SymbolTable symbols;
  const Symbol tenant = symbols.intern("a");
  TenantBudgets budgets({{"a", 0.3}, {"", 0.0}}, 1, 10, symbols);
  for (int i = 0; i < 3; ++i) budgets.start(tenant);
  EXPECT_FALSE(budgets.is_over_budget(tenant));
  budgets.start(tenant);
  EXPECT_TRUE(budgets.is_over_budget(tenant));
  budgets.finish(tenant);
  EXPECT_FALSE(budgets.is_over_budget(tenant));
  budgets.start(SymbolTable::empty());
  EXPECT_FALSE(
      budgets.is_over_budget(SymbolTable::empty()));  // requests without a tenant have no budget
}

TEST(TenantBudgets, NeverRejectWhatIsNotSheddable) {
  SymbolTable symbols;
  TenantBudgets budgets({{"a", 0.0}}, 1, 1, symbols);
  const auto policy = make_tenant_budget_admission(budgets, make("always-admit"));
  RouteQuery query = query_of(0);
  query.tenant = symbols.intern("a");
  budgets.start(query.tenant);
  EXPECT_TRUE(decide(*policy, query, 0).admitted);
  query.priority = -1;
  const AdmissionDecision decision = decide(*policy, query, 0);
  EXPECT_FALSE(decision.admitted);
  EXPECT_EQ(format_reason(decision, ""), "tenant-budget-shed");
}

}  // namespace
}  // namespace blis::gateway
