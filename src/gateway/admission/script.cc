// script: whoever admit() of the user's script (--policy-script) lets in.

#include <optional>

#include "gateway/admission_policy.h"
#include "gateway/script_decision.h"

namespace blis::gateway {
namespace {

class Scripted final : public AdmissionPolicy {
 public:
  explicit Scripted(const ScriptContext& script) {
    if (script.script != nullptr) decision_.emplace(script, nullptr, "script-admit");
  }

  AdmissionDecision decide(const RouteQuery& query, const RouterState& state) override {
    AdmissionDecision decision;
    if (!decision_) return decision;
    decision_->begin(query, state);
    decision.admitted = decision_->admit();
    if (!decision.admitted) decision.reason = AdmissionReason::kScript;
    return decision;
  }
  bool reads_signals() const override { return true; }

 private:
  std::optional<ScriptedDecision> decision_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_scripted_admission(const AdmissionConfig& /*config*/,
                                                         const ScriptContext& script) {
  return std::make_unique<Scripted>(script);
}

}  // namespace blis::gateway
