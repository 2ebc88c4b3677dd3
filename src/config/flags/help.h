// Everything that is written from the flag and command tables: help texts, the man page, the
// reference in docs/cli.md.
#pragma once

#include <string>
#include <string_view>

#include "config/flags/command_table.h"

namespace blis::config {

/// `blis --help`.
std::string program_help();
/// `blis <command> --help`.
std::string command_help(const CommandRow& command);
/// man/blis.1 in troff. `version` goes into the footer.
std::string man_page(std::string_view version);
/// The tables of docs/cli.md: one section per command, flags shared by run and replay once.
std::string markdown_reference();

}  // namespace blis::config
