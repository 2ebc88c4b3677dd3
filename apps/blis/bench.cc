// `blis bench`: what a fixed set of runs costs on this machine.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "child_run.h"
#include "command.h"
#include "config/flags/command_flags.h"
#include "config/flags/policy_names.h"
#include "report/run_report.h"
#include "report/run_summary.h"
#include "simulate.h"
#include "version.h"

namespace blis::app {
namespace {

struct BenchScenario {
  std::string_view name;
  std::string_view arguments;  ///< of `blis run`, besides kCommonArguments and --num-requests
  std::int64_t requests;
};

constexpr std::string_view kCommonArguments =
    "--model qwen/qwen3-14b --latency-model trained-physics --hardware H100 --log error";

/// From one instance to many, from idle to short of memory. Not to be changed: figures of different
/// versions and machines are compared.
constexpr std::array kScenarios = {
    BenchScenario{"one-instance", "--tp 1 --workload chatbot --rate 15", 5'000},
    BenchScenario{"saturated", "--tp 1 --rate 20", 5'000},
    BenchScenario{"scarce-blocks",
                  "--tp 1 --workload chatbot --rate 30 --total-kv-blocks 1500 --max-model-len 4096 "
                  "--timeout -1",
                  2'000},
    BenchScenario{"cluster-8", "--tp 2 --num-instances 8 --workload chatbot --rate 50", 20'000},
    BenchScenario{"split-8",
                  "--tp 1 --num-instances 8 --prefill-instances 3 --decode-instances 5 "
                  "--pd-decider always --workload chatbot --rate 100",
                  5'000},
    BenchScenario{"weighted-64",
                  "--tp 1 --num-instances 64 --routing-policy weighted --workload chatbot "
                  "--rate 600",
                  50'000},
};

/// Handed from the child to its parent as bytes.
struct WorkDone {
  std::int64_t requests = 0;
  std::int64_t instances = 0;
  std::int64_t steps = 0;
  double simulated_s = 0;
};

struct Figures {
  std::string_view name;
  WorkDone work;
  ChildCost cost;

  double requests_per_s() const { return static_cast<double>(work.requests) / cost.wall_s; }
  double steps_per_s() const { return static_cast<double>(work.steps) / cost.wall_s; }
  double times_real() const { return work.simulated_s / cost.wall_s; }
};

/// A run with its report, which is made and thrown away.
std::string simulate_scenario(const std::vector<std::string>& words) {
  const CommandLine<config::RunFlags> line(words);
  Outputs outputs;
  const cluster::SimulationResult result = simulate_run(line.flags, outputs);
  const std::string text = report::render_stdout(report::RunSummary(result), outputs.report);
  const WorkDone work{.requests = std::ssize(result.arrivals),
                      .instances = std::ssize(result.instances),
                      .steps = engine_steps(result),
                      .simulated_s = static_cast<double>(result.clock.count()) / 1e6};
  return {reinterpret_cast<const char*>(&work), sizeof work};
}

Figures measure(const BenchScenario& scenario, std::int64_t requests, std::int64_t repeats) {
  std::vector<std::string> words;
  for (const std::string_view arguments : {kCommonArguments, scenario.arguments}) {
    for (const std::string_view word : split(arguments, ' ')) words.emplace_back(word);
  }
  words.insert(words.end(),
               {"--num-requests", std::to_string(requests > 0 ? requests : scenario.requests)});
  Figures figures{.name = scenario.name, .work = {}, .cost = {}};
  for (std::int64_t i = 0; i < repeats; ++i) {
    const ChildRun run = run_in_child([&words] { return simulate_scenario(words); });
    std::memcpy(&figures.work, run.answer.data(), sizeof figures.work);
    const double peak_mib = std::max(figures.cost.peak_mib, run.cost.peak_mib);
    if (i == 0 || run.cost.wall_s < figures.cost.wall_s) figures.cost = run.cost;
    figures.cost.peak_mib = peak_mib;
  }
  return figures;
}

std::string table(const std::vector<Figures>& rows) {
  std::string out = fmt::format("{:<16}{:>10}{:>10}{:>9}{:>9}{:>12}{:>12}{:>13}{:>10}\n",
                                "scenario", "instances", "requests", "wall s", "CPU s",
                                "requests/s", "steps/s", "x real time", "peak MiB");
  for (const Figures& row : rows) {
    fmt::format_to(std::back_inserter(out),
                   "{:<16}{:>10}{:>10}{:>9.3f}{:>9.3f}{:>12.0f}{:>12.0f}{:>13.0f}{:>10.1f}\n",
                   row.name, row.work.instances, row.work.requests, row.cost.wall_s, row.cost.cpu_s,
                   row.requests_per_s(), row.steps_per_s(), row.times_real(), row.cost.peak_mib);
  }
  return out;
}

std::string json_text(const std::vector<Figures>& rows) {
  JsonWriter json;
  json.begin_object();
  json.member("version", std::string_view(version_number()));
  json.key("scenarios");
  json.begin_array();
  for (const Figures& row : rows) {
    json.begin_object();
    json.member("name", row.name);
    json.member("instances", row.work.instances);
    json.member("requests", row.work.requests);
    json.member("engine_steps", row.work.steps);
    json.member("simulated_s", row.work.simulated_s);
    json.member("wall_s", row.cost.wall_s);
    json.member("cpu_s", row.cost.cpu_s);
    json.member("requests_per_s", row.requests_per_s());
    json.member("steps_per_s", row.steps_per_s());
    json.member("simulated_over_real", row.times_real());
    json.member("peak_mib", row.cost.peak_mib);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

void require_positive(const char* flag, const config::Flag<std::int64_t>& value) {
  if (*value < 1)
    throw ConfigError({"", 0, flag}, fmt::format("must be at least 1, got {}", *value));
}

}  // namespace

int bench_command(Arguments words) {
  const CommandLine<config::BenchFlags> line(words);
  if (line.help_requested) return print_help("bench");
  const config::BenchFlags& flags = line.flags;
  config::require_name({.file = "", .line = 0, .key = "--format"}, "format", *flags.format,
                       config::bench_format_names(), /*empty_allowed=*/false);
  require_positive("--repeat", flags.repeat);
  if (flags.num_requests.is_set) require_positive("--num-requests", flags.num_requests);
  std::vector<Figures> rows;
  for (const BenchScenario& scenario : kScenarios) {
    rows.push_back(measure(scenario, *flags.num_requests, *flags.repeat));
  }
  print_stdout(*flags.format == "json" ? json_text(rows) : table(rows));
  return kSuccess;
}

}  // namespace blis::app
