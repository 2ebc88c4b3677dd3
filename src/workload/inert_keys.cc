#include "workload/inert_keys.h"

#include <fmt/format.h>

#include <string>

namespace blis::workload {
namespace {

void warn_about_client(const ClientSpec& client, const std::string& path,
                       Diagnostics& diagnostics) {
  if (client.network) {
    diagnostics.warn("network settings have no effect on simulated latencies", path + ".network");
  }
  const auto look_at = [&](const DistributionSpec& distribution, const char* key) {
    if (distribution.file.empty()) return;
    diagnostics.warn("the file of a distribution is not read; only params count",
                     fmt::format("{}.{}.file", path, key));
  };
  look_at(client.input_distribution, "input_distribution");
  look_at(client.output_distribution, "output_distribution");
}

}  // namespace

void warn_about_inert_keys(const WorkloadSpec& spec, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < spec.clients.size(); ++i) {
    warn_about_client(spec.clients[i], fmt::format("clients[{}]", i), diagnostics);
  }
  for (std::size_t i = 0; i < spec.cohorts.size(); ++i) {
    warn_about_client(spec.cohorts[i].member, fmt::format("cohorts[{}]", i), diagnostics);
  }
  const auto& data = spec.servegen_data;
  if (data && (!data->time_window.empty() || data->span_start != 0 || data->span_end != 0)) {
    diagnostics.warn("time_window, span_start and span_end do not filter the data set",
                     "servegen_data");
  }
}

}  // namespace blis::workload
