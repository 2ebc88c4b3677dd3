// always: every request is disaggregated. SOURCE spec disaggregation 4.1.

#include "disagg/decider.h"

namespace blis::disagg {
namespace {

class Always final : public Decider {
 public:
  bool disaggregates(const gateway::RouteQuery& /*query*/,
                     InstanceId /*decode_instance*/) override {
    return true;
  }
};

}  // namespace

std::unique_ptr<Decider> make_always_decider(const DeciderContext& /*context*/) {
  return std::make_unique<Always>();
}

}  // namespace blis::disagg
