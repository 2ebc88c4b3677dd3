// Workload specs: any bytes either parse or are refused with a ConfigError. What parses is written
// and read back to the same text, and if it is small enough to be worth drawing, eager and lazy
// generation give the same requests.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "workload/generate.h"
#include "workload/spec_reader.h"
#include "workload/spec_writer.h"

namespace {

using namespace blis::workload;  // a program of its own

bool is_small(const DistributionSpec& distribution) {
  for (const auto& [name, value] : distribution.params) {
    if (!(std::abs(value) < 50)) return false;
  }
  return distribution.type != "pareto_lognormal" && distribution.type != "lognormal";
}

bool is_small(const ClientSpec& client) {
  if (!is_small(client.input_distribution) || !is_small(client.output_distribution)) return false;
  if (client.multimodal || client.prefix_length > 100 || client.concurrency > 5) return false;
  if (client.reasoning && !is_small(client.reasoning->reason_ratio_distribution)) return false;
  const MultiTurnSpec* turns = client.multi_turn();
  // Where eager and lazy mode differ on purpose: inherited prefix lengths, rounds that run
  // backwards.
  if (turns != nullptr &&
      (turns->max_rounds > 5 || turns->think_time_us < 0 || !client.prefix_group.empty())) {
    return false;
  }
  if (!client.windows) return true;
  for (const WindowSpec& window : *client.windows) {
    if (window.trace_rate_per_s && !(std::abs(*window.trace_rate_per_s) < 20)) return false;
    if (window.input_distribution && !is_small(*window.input_distribution)) return false;
    if (window.output_distribution && !is_small(*window.output_distribution)) return false;
  }
  return client.windows->size() < 10;
}

bool is_small(const WorkloadSpec& spec) {
  if (spec.servegen_data || spec.inference_perf) return false;
  if (!(std::abs(spec.aggregate_rate_per_s) < 50)) return false;
  std::string last_id;
  for (const ClientSpec& client : spec.clients) {
    if (!is_small(client) || (&client != &spec.clients.front() && client.id <= last_id))
      return false;
    last_id = client.id;  // distinct ids: sessions are matched by their text in eager mode
  }
  for (const CohortSpec& cohort : spec.cohorts) {
    if (!is_small(cohort.member) || cohort.population > 5 || cohort.member.id <= last_id)
      return false;
    last_id = cohort.member.id + "-~";
  }
  return true;
}

std::string summary(const WorkloadSpec& spec, bool lazy) {
  blis::SymbolTable symbols;
  blis::Diagnostics diagnostics;
  GenerationOptions options;
  options.horizon = blis::Micros(3'000'000);
  options.max_requests = 40;
  options.lazy = lazy;
  const GeneratedWorkload workload = generate(spec, options, symbols, diagnostics);
  std::string text;
  while (const auto request = workload.source->next()) {
    text += std::to_string(request->arrival.count()) + "," + std::to_string(request->input_tokens) +
            "," + std::to_string(request->output_tokens) + ";";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    blis::Diagnostics diagnostics;
    const WorkloadSpec spec =
        parse_workload_spec({reinterpret_cast<const char*>(data), size}, "w.yaml", diagnostics);
    const std::string once = format_workload_spec(spec);
    if (format_workload_spec(parse_workload_spec(once, "once.yaml", diagnostics)) != once)
      std::abort();
    if (is_small(spec) && summary(spec, false) != summary(spec, true)) std::abort();
  } catch (const blis::ConfigError&) {
  }
  return 0;
}
