// The workload flags of a command in the form that src/workload takes them.
#pragma once

#include "config/flags/command_flags.h"
#include "workload/run_workload.h"

namespace blis::config {

workload::RunWorkloadFlags workload_flags(const RunFlags& flags);
workload::ObserveWorkloadFlags workload_flags(const ObserveFlags& flags);

}  // namespace blis::config
