// blis: finds the command, runs it, and turns failures into one message on stderr and an exit
// status.

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cluster/standstill.h"
#include "command.h"
#include "config/flags/help.h"
#include "logging.h"
#include "version.h"

namespace blis::app {
namespace {

struct Command {
  std::string_view name;
  CommandFunction* function;
};

constexpr std::array kCommands = {
    Command{"run", run_command},
    Command{"replay", replay_command},
    Command{"observe", observe_command},
    Command{"serve", serve_command},
    Command{"calibrate", calibrate_command},
    Command{"convert servegen", convert_servegen_command},
    Command{"convert preset", convert_preset_command},
    Command{"convert inference-perf", convert_inference_perf_command},
    Command{"convert sharegpt", convert_sharegpt_command},
#define BLIS_IMPORTER(name, measured, function, help) \
  Command{"convert " name, [](Arguments words) { return convert_trace_command(name, words); }},
#include "trace/importers/importers.def"
#undef BLIS_IMPORTER
    Command{"compose", compose_command},
    Command{"trace info", trace_info_command},
    Command{"trace slice", trace_slice_command},
    Command{"trace scale", trace_scale_command},
    Command{"trace merge", trace_merge_command},
    Command{"trace anonymize", trace_anonymize_command},
    Command{"bench", bench_command},
    Command{"validate", validate_command},
    Command{"policies", policies_command},
    Command{"completion", completion_command},
    Command{"help", help_command},
};

int fail(std::string_view command, std::string_view message, int status) {
  fmt::print(stderr, "blis{}{}: {}\n", command.empty() ? "" : " ", command, message);
  return status;
}

int run_guarded(const Command& command, Arguments words) {
  try {
    return command.function(words);
  } catch (const NotAvailable& error) {
    return fail(command.name, error.what(), kCannotGoOn);
  } catch (const ConfigError& error) {
    return fail(command.name, error.what(), kUserError);
  } catch (const DataError& error) {
    return fail(command.name, error.what(), kUserError);
  } catch (const cluster::Standstill& error) {
    return fail(command.name, error.what(), kUserError);
  } catch (const std::exception& error) {
    return fail(command.name, fmt::format("internal error: {}", error.what()), kCannotGoOn);
  }
}

int unknown_command(const std::string& word) {
  std::vector<std::string_view> names;
  for (const config::CommandRow& row : config::command_rows()) {
    if (row.name.find(' ') == std::string_view::npos) names.push_back(row.name);
  }
  return fail("", unknown_name("command", word, names), kUserError);
}

int unknown_trace_command(const std::string& word) {
  constexpr std::string_view kPrefix = "trace ";
  std::vector<std::string_view> names;
  for (const config::CommandRow& row : config::command_rows()) {
    if (row.name.starts_with(kPrefix)) names.push_back(row.name.substr(kPrefix.size()));
  }
  return fail("trace", unknown_name("command", word, names), kUserError);
}

int dispatch(Arguments words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    print_stdout(config::program_help());
    return kSuccess;
  }
  if (words[0] == "--version") {
    print_stdout(version_text());
    return kSuccess;
  }
  std::string name = words[0];
  std::size_t used = 1;
  if (name == "convert") {
    // An unknown word after `convert` prints help and is no error (spec cli 1.1).
    if (words.size() < 2 || config::find_command("convert " + words[1]) == nullptr) {
      return print_help("convert");
    }
    name += " " + words[1];
    used = 2;
  }
  if (name == "trace") {
    if (words.size() < 2 || words[1] == "--help" || words[1] == "-h") return print_help("trace");
    if (config::find_command("trace " + words[1]) == nullptr)
      return unknown_trace_command(words[1]);
    name += " " + words[1];
    used = 2;
  }
  for (const Command& command : kCommands) {
    if (command.name == name) return run_guarded(command, words.subspan(used));
  }
  return unknown_command(name);
}

}  // namespace
}  // namespace blis::app

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  blis::app::start_logging();
  return blis::app::dispatch(words);
}
