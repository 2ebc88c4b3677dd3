// The commands of `blis`, one row each. Help, completion, the man page and docs/cli.md read this
// table.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "config/flags/flag.h"

namespace blis::config {

using FlagSetReader = std::function<void(const FlagSet&)>;

struct CommandRow {
  std::string_view name;       ///< as typed after `blis`: `run`, `convert preset`
  std::string_view arguments;  ///< words it takes besides flags, for the usage line
  std::string_view summary;    ///< one line
  /// Calls the reader with the command's flags at their defaults.
  void (*with_flags)(const FlagSetReader&);
};

/// All commands, in the order of `blis --help`.
std::span<const CommandRow> command_rows();
const CommandRow* find_command(std::string_view name);  ///< nullptr if there is no such command

}  // namespace blis::config
