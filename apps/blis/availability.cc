#include "availability.h"

#include <string_view>

#include "command.h"

namespace blis::app {

void refuse_unavailable(const config::SimulationFlags& f, const config::PolicyBundle& bundle) {
  struct Row {
    std::string_view what;
    bool requested;
  };
  const Row rows[] = {
      {"--model-autoscaler-interval-us", *f.gateway.model_autoscaler_interval_us != 0},
      {"autoscaler.interval_us (policy bundle)",
       bundle.autoscaler.interval_us > 0 && !f.gateway.model_autoscaler_interval_us.is_set},
      {"node_pools (policy bundle)", !bundle.node_pools.empty()},
  };
  for (const Row& row : rows) {
    if (row.requested) throw NotAvailable(std::string(row.what));
  }
}

}  // namespace blis::app
