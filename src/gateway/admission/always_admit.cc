// always-admit: the gateway turns nobody away. SOURCE spec data-plane 8.

#include "gateway/admission_policy.h"

namespace blis::gateway {
namespace {

class AlwaysAdmit final : public AdmissionPolicy {
 public:
  AdmissionDecision decide(const RouteQuery& /*query*/, const RouterState& /*state*/) override {
    return {};
  }
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_always_admit(const AdmissionConfig& /*config*/,
                                                   const ScriptContext& /*script*/) {
  return std::make_unique<AlwaysAdmit>();
}

}  // namespace blis::gateway
