// reject-all: turns everybody away; for tests of what comes after. SOURCE spec data-plane 8.

#include "gateway/admission_policy.h"

namespace blis::gateway {
namespace {

class RejectAll final : public AdmissionPolicy {
 public:
  AdmissionDecision decide(const RouteQuery& /*query*/, const RouterState& /*state*/) override {
    AdmissionDecision decision;
    decision.admitted = false;
    decision.reason = AdmissionReason::kRejectAll;
    return decision;
  }
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_reject_all(const AdmissionConfig& /*config*/,
                                                 const ScriptContext& /*script*/) {
  return std::make_unique<RejectAll>();
}

}  // namespace blis::gateway
