// `blis help`, `blis completion`, `blis policies`: the commands that only look at tables.

#include "config/flags/help.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"
#include "command.h"
#include "config/flags/command_flags.h"
#include "config/flags/completion.h"
#include "version.h"

namespace blis::app {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

struct NoFlags {};
void register_flags(NoFlags&, config::FlagSet&) {}

}  // namespace

int help_command(Arguments words) {
  config::HelpFlags flags;
  config::FlagSet set;
  register_flags(flags, set);
  const config::ParseOutcome outcome = set.parse(words);
  if (set.help_requested()) return print_help("help");
  if (*flags.man) {
    print_stdout(config::man_page(version_number()));
  } else if (*flags.markdown) {
    print_stdout(config::markdown_reference());
  } else if (outcome.positional.empty()) {
    print_stdout(config::program_help());
  } else if (const config::CommandRow* row = config::find_command(joined(outcome.positional))) {
    print_stdout(config::command_help(*row));
  } else {
    // Help on something unknown is usage on stderr and no error (spec cli 1.1).
    fmt::print(stderr, "blis help: unknown command \"{}\"\n{}", joined(outcome.positional),
               config::program_help());
  }
  return kSuccess;
}

int completion_command(Arguments words) {
  NoFlags flags;
  config::FlagSet set;
  register_flags(flags, set);
  const config::ParseOutcome outcome = set.parse(words);
  if (set.help_requested() || outcome.positional.empty()) {
    return print_help("completion");
  }
  print_stdout(config::completion_script(outcome.positional[0]));
  return kSuccess;
}

}  // namespace blis::app
