// `blis convert …` and `blis compose`: foreign workload descriptions in, a workload spec on stdout;
// foreign traces and results in, a trace out.

#include "workload/convert.h"

#include <string>

#include "command.h"
#include "config/flags/command_flags.h"
#include "config/output_paths.h"
#include "environment.h"
#include "logging.h"
#include "trace/importers/importers.h"
#include "trace/trace_output.h"
#include "workload/sharegpt.h"
#include "workload/spec_writer.h"

namespace blis::app {
namespace {

void print_spec(const workload::WorkloadSpec& spec, const Diagnostics& diagnostics) {
  log_diagnostics(diagnostics);
  print_stdout(workload::format_workload_spec(spec));
}

}  // namespace

int convert_servegen_command(Arguments words) {
  const CommandLine<config::ConvertServegenFlags> line(words);
  if (line.help_requested) return print_help("convert servegen");
  const config::ConvertServegenFlags& flags = line.flags;
  Diagnostics diagnostics;
  print_spec(workload::convert_servegen({.path = *flags.path,
                                         .window_duration_s = *flags.window_duration_seconds,
                                         .drain_timeout_s = *flags.drain_timeout_seconds,
                                         .time = *flags.time},
                                        diagnostics),
             diagnostics);
  return kSuccess;
}

int convert_preset_command(Arguments words) {
  const CommandLine<config::ConvertPresetFlags> line(words);
  if (line.help_requested) return print_help("convert preset");
  const config::ConvertPresetFlags& flags = line.flags;
  print_spec(workload::convert_preset(load_defaults(flags.defaults_filepath).presets, *flags.name,
                                      *flags.rate, *flags.num_requests),
             {});
  return kSuccess;
}

int convert_inference_perf_command(Arguments words) {
  const CommandLine<config::ConvertInferencePerfFlags> line(words);
  if (line.help_requested) return print_help("convert inference-perf");
  Diagnostics diagnostics;
  print_spec(workload::convert_inference_perf(*line.flags.spec, diagnostics), diagnostics);
  return kSuccess;
}

int convert_sharegpt_command(Arguments words) {
  const CommandLine<config::ConvertShareGptFlags> line(words);
  if (line.help_requested) return print_help("convert sharegpt");
  Diagnostics diagnostics;
  print_spec(workload::convert_sharegpt({.input = *line.flags.input,
                                         .rate_per_s = *line.flags.rate,
                                         .characters_per_token = *line.flags.characters_per_token},
                                        diagnostics),
             diagnostics);
  return kSuccess;
}

int convert_trace_command(std::string_view name, Arguments words) {
  const CommandLine<config::ConvertTraceFlags> line(words);
  if (line.help_requested) return print_help("convert " + std::string(name));
  config::check_output_path("--output", trace::trace_files(*line.flags.output).header);
  Diagnostics diagnostics;
  trace::import_trace(*trace::find_importer(name), *line.flags.input, *line.flags.output,
                      diagnostics);
  log_diagnostics(diagnostics);
  return kSuccess;
}

int compose_command(Arguments words) {
  const CommandLine<config::ComposeFlags> line(words);
  if (line.help_requested) return print_help("compose");
  Diagnostics diagnostics;
  print_spec(workload::compose(*line.flags.from, diagnostics), diagnostics);
  return kSuccess;
}

}  // namespace blis::app
