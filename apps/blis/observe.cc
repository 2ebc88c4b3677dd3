// `blis observe`: checks its flags and its workload; sending is still to come.

#include "command.h"
#include "config/flags/command_flags.h"
#include "config/observe_checks.h"
#include "config/workload_flags.h"
#include "environment.h"
#include "logging.h"
#include "simulate.h"
#include "workload/run_workload.h"

namespace blis::app {

int observe_command(Arguments words) {
  const CommandLine<config::ObserveFlags> line(words);
  if (line.help_requested) return print_help("observe");
  const config::ObserveFlags& flags = line.flags;
  Diagnostics diagnostics;
  config::check_observe_flags(flags, diagnostics);
  parse_goodput_flags(flags.goodput);
  resolve_saturation(flags.saturation);
  // Presets are read only where one is named (spec cli 7).
  const workload::Presets presets = flags.workload->empty()
                                        ? workload::Presets{}
                                        : load_defaults(flags.defaults_filepath).presets;
  workload::resolve_observe_workload(config::workload_flags(flags), presets, diagnostics);
  log_diagnostics(diagnostics);
  throw NotAvailable("sending requests to a server");
}

}  // namespace blis::app
