#include "config/flags/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <vector>

#include "base/error.h"
#include "config/flags/command_table.h"

namespace blis::config {
namespace {

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words;
  for (const CommandRow& row : command_rows()) {
    if (row.name.find(' ') == std::string_view::npos) words.push_back(row.name);
  }
  return words;
}

/// Commands of two words by their first one: `convert preset`, `trace info`.
std::map<std::string_view, std::vector<std::string_view>> families() {
  std::map<std::string_view, std::vector<std::string_view>> words;
  for (const CommandRow& row : command_rows()) {
    const std::size_t blank = row.name.find(' ');
    if (blank == std::string_view::npos) continue;
    words[row.name.substr(0, blank)].push_back(row.name.substr(blank + 1));
  }
  return words;
}

/// A function _blis_words COMMAND FLAG that prints the candidates: the flag's values, or the
/// command's flags. zsh runs it through bashcompinit, so both shells share one script.
std::string bash_script() {
  std::string values;
  std::string flags;
  for (const CommandRow& row : command_rows()) {
    row.with_flags([&](const FlagSet& set) {
      std::vector<std::string> names = {"--help"};
      for (const FlagSpec& flag : set.flags()) {
        names.push_back("--" + flag.name());
        const std::string pattern = fmt::format("    \"{} --{}\")", row.name, flag.name());
        if (flag.is_path()) {
          values += pattern + " COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n";
        } else if (!flag.choice_names().empty()) {
          values += fmt::format("{} COMPREPLY=($(compgen -W \"{}\" -- \"$cur\")); return ;;\n",
                                pattern, fmt::join(flag.choice_names(), " "));
        } else if (!flag.is_bool()) {
          values += pattern + " COMPREPLY=(); return ;;\n";
        }
      }
      flags += fmt::format("    \"{}\") words=\"{}\" ;;\n", row.name, fmt::join(names, " "));
    });
  }
  std::string second_words;
  for (const auto& [first, words] : families()) {
    second_words += fmt::format(
        "  if [ \"$command\" = {0} ]; then\n"
        "    if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
        "      COMPREPLY=($(compgen -W \"{1}\" -- \"$cur\")); return\n"
        "    fi\n"
        "    command=\"{0} ${{COMP_WORDS[2]}}\"\n"
        "  fi\n",
        first, fmt::join(words, " "));
  }
  return fmt::format(
      "_blis() {{\n"
      "  local cur=\"${{COMP_WORDS[COMP_CWORD]}}\" prev=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n"
      "  local command=\"${{COMP_WORDS[1]}}\" words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$cur\")); return\n"
      "  fi\n"
      "{}"
      "  case \"$command\" in\n"
      "    completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$cur\")); return ;;\n"
      "    help) COMPREPLY=($(compgen -W \"{}\" -- \"$cur\")); return ;;\n"
      "    validate) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
      "  esac\n"
      "  case \"$command $prev\" in\n{}  esac\n"
      "  case \"$command\" in\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "}}\n"
      "complete -F _blis blis\n",
      fmt::join(first_words(), " "), second_words, fmt::join(first_words(), " "), values, flags);
}

std::string fish_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_script() {
  std::string out = "complete -c blis -f\n";
  for (const CommandRow& row : command_rows()) {
    const std::size_t blank = row.name.find(' ');
    const std::string_view word = row.name.substr(blank == std::string_view::npos ? 0 : blank + 1);
    const std::string here =
        blank == std::string_view::npos
            ? std::string("__fish_use_subcommand")
            : fmt::format("__fish_seen_subcommand_from {}", row.name.substr(0, blank));
    out += fmt::format("complete -c blis -n {} -a {} -d {}\n", fish_quote(here), word,
                       fish_quote(row.summary));
    row.with_flags([&](const FlagSet& set) {
      for (const FlagSpec& flag : set.flags()) {
        std::string arguments = " -x";
        if (flag.is_bool()) {
          arguments = "";
        } else if (flag.is_path()) {
          arguments = " -r -F";
        } else if (!flag.choice_names().empty()) {
          arguments = fmt::format(" -x -a '{}'", fmt::join(flag.choice_names(), " "));
        }
        out += fmt::format("complete -c blis -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                           word, flag.name(), arguments, fish_quote(flag.help()));
      }
    });
  }
  out += "complete -c blis -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script();
  if (shell == "fish") return fish_script();
  constexpr std::array<std::string_view, 3> kShells = {"bash", "fish", "zsh"};
  throw ConfigError(unknown_name("shell", shell, kShells));
}

}  // namespace blis::config
