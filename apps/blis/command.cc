#include "command.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "config/flags/help.h"
#include "logging.h"

namespace blis::app {

int print_help(std::string_view command) {
  print_stdout(config::command_help(*config::find_command(command)));
  return kSuccess;
}

void report_parse_outcome(const config::ParseOutcome& outcome, bool positional_ignored) {
  for (const std::string& line : outcome.deprecations) fmt::print(stderr, "{}\n", line);
  if (!positional_ignored) return;
  for (const std::string& word : outcome.positional) {
    log_warning(fmt::format(
        "\"{}\" is not a flag and is ignored (a boolean takes its value as --flag=value)", word));
  }
}

void print_stdout(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw DataError(fmt::format("cannot write to stdout: {}", std::strerror(errno)));
  }
}

}  // namespace blis::app
