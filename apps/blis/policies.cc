// `blis policies`: every family that can be extended, its members and their settings.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "command.h"
#include "config/policy_families.h"

namespace blis::app {
namespace {

struct NoFlags {};
void register_flags(NoFlags&, config::FlagSet&) {}

void append_settings(std::string& out, const std::vector<config::PolicySetting>& settings) {
  for (const config::PolicySetting& setting : settings) {
    std::string facts = setting.unit;
    if (!setting.default_text.empty()) {
      facts += fmt::format("{}default {}", facts.empty() ? "" : "; ", setting.default_text);
    }
    out += fmt::format("      {}: {}{}\n", setting.name, setting.help,
                       facts.empty() ? "" : fmt::format(" [{}]", facts));
  }
}

void append_family(std::string& out, const config::PolicyFamily& family) {
  out += fmt::format("{}{} ({})\n", out.empty() ? "" : "\n", family.title, family.chosen_by);
  for (const config::PolicyMember& member : family.members) {
    out += fmt::format("  {:<24}{}\n", member.name, member.help);
    append_settings(out, member.settings);
  }
  if (family.settings.empty()) return;
  out += "  all of them\n";
  append_settings(out, family.settings);
}

}  // namespace

int policies_command(Arguments words) {
  const CommandLine<NoFlags> line(words);
  if (line.help_requested) return print_help("policies");
  std::string out;
  for (const config::PolicyFamily& family : config::policy_families()) append_family(out, family);
  print_stdout(out);
  return kSuccess;
}

}  // namespace blis::app
