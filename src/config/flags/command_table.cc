#include "config/flags/command_table.h"

#include "config/flags/command_flags.h"

namespace blis::config {
namespace {

struct NoFlags {};
void register_flags(NoFlags&, FlagSet&) {}

template <typename Flags>
void with_flags(const FlagSetReader& read) {
  Flags flags;
  FlagSet set;
  register_flags(flags, set);
  read(set);
}

constexpr CommandRow kCommands[] = {
    {"run", "", "Generate a workload and simulate it", &with_flags<RunFlags>},
    {"replay", "", "Simulate a recorded trace", &with_flags<ReplayFlags>},
    {"observe", "", "Send a workload to a real server and record a trace",
     &with_flags<ObserveFlags>},
    {"serve", "", "Be an OpenAI-compatible server with the simulated platform behind it",
     &with_flags<ServeFlags>},
    {"calibrate", "", "Compare a real trace with simulated results", &with_flags<CalibrateFlags>},
    {"convert", "", "Turn foreign workloads, traces and results into ours", &with_flags<NoFlags>},
    {"convert servegen", "", "Turn a ServeGen data set into a workload spec",
     &with_flags<ConvertServegenFlags>},
    {"convert preset", "", "Write a preset as a workload spec", &with_flags<ConvertPresetFlags>},
    {"convert inference-perf", "", "Turn an inference-perf description into a workload spec",
     &with_flags<ConvertInferencePerfFlags>},
    {"convert sharegpt", "", "Turn ShareGPT conversations into a workload spec",
     &with_flags<ConvertShareGptFlags>},
#define BLIS_IMPORTER(name, measured, function, help) \
  {"convert " name, "", help, &with_flags<ConvertTraceFlags>},
#include "trace/importers/importers.def"
#undef BLIS_IMPORTER
    {"compose", "", "Merge workload specs", &with_flags<ComposeFlags>},
    {"trace", "", "Look at a trace, or make another one of it", &with_flags<NoFlags>},
    {"trace info", "", "Say what is in a trace", &with_flags<TraceInfoFlags>},
    {"trace slice", "", "Keep a part of a trace", &with_flags<TraceSliceFlags>},
    {"trace scale", "", "Change the arrival rate of a trace", &with_flags<TraceScaleFlags>},
    {"trace merge", "", "Merge traces by arrival", &with_flags<TraceMergeFlags>},
    {"trace anonymize", "", "Replace the names in a trace", &with_flags<TraceAnonymizeFlags>},
    {"bench", "", "Say how fast simulations are on this machine", &with_flags<BenchFlags>},
    {"validate", "FILE...", "Check input files without running anything", &with_flags<NoFlags>},
    {"policies", "", "List every policy that can be plugged in", &with_flags<NoFlags>},
    {"completion", "bash|zsh|fish", "Print a shell completion script", &with_flags<NoFlags>},
    {"help", "[COMMAND]", "Explain a command", &with_flags<HelpFlags>},
};

}  // namespace

std::span<const CommandRow> command_rows() { return kCommands; }

const CommandRow* find_command(std::string_view name) {
  for (const CommandRow& row : kCommands) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace blis::config
