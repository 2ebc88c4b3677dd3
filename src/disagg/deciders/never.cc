// never: no request is disaggregated; each runs whole on its decode instance. SOURCE spec
// disaggregation 4.1.

#include "disagg/decider.h"

namespace blis::disagg {
namespace {

class Never final : public Decider {
 public:
  bool disaggregates(const gateway::RouteQuery& /*query*/,
                     InstanceId /*decode_instance*/) override {
    return false;
  }
};

}  // namespace

std::unique_ptr<Decider> make_never_decider(const DeciderContext& /*context*/) {
  return std::make_unique<Never>();
}

}  // namespace blis::disagg
