// `blis policies`: every family that can be extended, and its members.

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "command.h"
#include "control/drain_policy.h"
#include "control/optimizer.h"
#include "control/scaling_metric.h"
#include "control/scaling_policy.h"
#include "disagg/decider.h"
#include "engine/preemption_policy.h"
#include "engine/scheduler.h"
#include "gateway/admission_policy.h"
#include "gateway/routing_policy.h"
#include "gateway/saturation_detector.h"
#include "gateway/scorer.h"
#include "kv/kv_factory.h"
#include "latency/latency_model.h"
#include "report/saturation/detector.h"
#include "workload/arrival_process.h"
#include "workload/length_sampler.h"

namespace blis::app {
namespace {

struct NoFlags {};
void register_flags(NoFlags&, config::FlagSet&) {}

/// One family: its title with the flag or key that chooses from it, then one line per member.
template <typename Entries>
void append_family(std::string& out, std::string_view title, const Entries& entries) {
  out += fmt::format("{}{}\n", out.empty() ? "" : "\n", title);
  for (const auto& entry : entries) out += fmt::format("  {:<24}{}\n", entry.name, entry.help);
}

}  // namespace

int policies_command(Arguments words) {
  const CommandLine<NoFlags> line(words);
  if (line.help_requested) return print_help("policies");
  std::string out;
  append_family(out, "Admission (--admission-policy)", gateway::admission_policy_entries());
  append_family(out, "Routing (--routing-policy)", gateway::routing_policy_entries());
  append_family(out, "Scorers of weighted routing (--routing-scorers)", gateway::scorer_entries());
  append_family(out, "Saturation detectors (--saturation-detector)",
                gateway::saturation_detector_entries());
  append_family(out, "Disaggregation (--pd-decider)", disagg::decider_entries());
  append_family(out, "Encode pool (--encode-decider)", disagg::encode_decider_entries());
  append_family(out, "Schedulers (--scheduler)", engine::scheduler_entries());
  append_family(out, "Preemption (--preemption-policy)", engine::preemption_policy_entries());
  append_family(out, "Autoscaling (policy bundle, autoscaler.policy)",
                control::scaling_policy_entries());
  append_family(out, "Optimizers of the saturation pipeline (autoscaler.optimizer)",
                control::optimizer_entries());
  append_family(out, "Draining (policy bundle, instance_lifecycle.drain)",
                control::drain_policy_entries());
  append_family(out, "Metrics of an HPA (autoscaler.targets)", control::scaling_metric_entries());
  append_family(out, "Latency models (--latency-model)", latency::latency_model_entries());
  append_family(out, "KV caches (--kv-cpu-blocks, --kv-offload-config)", kv::kv_store_entries());
  append_family(out, "Arrival processes (workload spec)", workload::arrival_process_entries());
  append_family(out, "Length distributions (workload spec)", workload::length_sampler_entries());
  append_family(out, "Saturation verdicts after the run (--detectors)",
                report::saturation_detector_entries());
  print_stdout(out);
  return kSuccess;
}

}  // namespace blis::app
