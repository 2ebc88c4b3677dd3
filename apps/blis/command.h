// What all commands share: how they are called, how they parse, how they fail.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "config/flags/command_table.h"
#include "config/flags/flag.h"

namespace blis::app {

using Arguments = std::span<const std::string>;

// Exit statuses. SOURCE spec cli 1.3.
inline constexpr int kSuccess = 0;
inline constexpr int kUserError = 1;
inline constexpr int kCannotGoOn = 2;  ///< a part that does not exist yet, or a defect of ours

/// A part of the program that does not exist yet was asked for.
class NotAvailable : public std::runtime_error {
 public:
  explicit NotAvailable(const std::string& what)
      : std::runtime_error(what + ": not available yet") {}
};

/// A command: gets the words after its name, returns the exit status, throws for every failure.
using CommandFunction = int(Arguments);

CommandFunction run_command;
CommandFunction replay_command;
CommandFunction observe_command;
CommandFunction serve_command;
CommandFunction calibrate_command;
CommandFunction convert_servegen_command;
CommandFunction convert_preset_command;
CommandFunction convert_inference_perf_command;
CommandFunction convert_sharegpt_command;
CommandFunction compose_command;
CommandFunction trace_info_command;
CommandFunction trace_slice_command;
CommandFunction trace_scale_command;
CommandFunction trace_merge_command;
CommandFunction trace_anonymize_command;
CommandFunction bench_command;
CommandFunction validate_command;
CommandFunction policies_command;
CommandFunction completion_command;
CommandFunction help_command;

/// `blis convert NAME` for a trace or results, with the words after NAME.
int convert_trace_command(std::string_view name, Arguments words);

/// Flags of one command line, registered and parsed. `words` are those after the command's name.
template <typename Flags>
struct CommandLine {
  Flags flags;
  std::vector<std::string> positional;
  bool help_requested = false;

  explicit CommandLine(Arguments words);
};

/// Prints `blis <command> --help` on stdout; returns kSuccess.
int print_help(std::string_view command);
/// Says on stderr which words were ignored and which names are old.
void report_parse_outcome(const config::ParseOutcome& outcome, bool positional_ignored);

template <typename Flags>
CommandLine<Flags>::CommandLine(Arguments words) {
  config::FlagSet set;
  register_flags(flags, set);
  config::ParseOutcome outcome = set.parse(words);
  help_requested = set.help_requested();
  if (!help_requested) report_parse_outcome(outcome, true);
  positional = std::move(outcome.positional);
}

/// Writes results: all of `text`, and fails if the system does not take it.
void print_stdout(std::string_view text);

}  // namespace blis::app
