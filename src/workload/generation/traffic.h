// The clients that generate: explicit ones, then cohort members, in "client order", which is the
// tie-break of everything.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/symbol_table.h"
#include "workload/generation/activity.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// One generating client. Small, because a cohort may have 100,000 of them; what members share is
/// shared.
struct TrafficClient {
  const ClientSpec* spec = nullptr;
  const Activity* activity = nullptr;
  double rate_fraction = 0;
  Symbol id;
  Symbol prefix_group;
  Symbol tenant;
  Symbol slo_class;
  Symbol model;
  Symbol adapter;
};

/// All clients of a workload, with what they point to.
struct Traffic {
  std::vector<TrafficClient> clients;
  std::vector<std::unique_ptr<const Activity>> activities;
};

/// Clients of `spec` (which must outlive the result), then cohort after cohort. Draws nothing.
/// SOURCE spec workload 6.
Traffic expand_clients(const WorkloadSpec& spec, SymbolTable& symbols);

/// The windows of every member: diurnal, then spike, then drain. SOURCE spec workload 6.
std::vector<WindowSpec> cohort_windows(const CohortSpec& cohort);

/// Whether any window carries an override, which makes the whole workload time-varying. SOURCE spec
/// workload 4.7.
bool is_time_varying(const Traffic& traffic);

}  // namespace blis::workload
