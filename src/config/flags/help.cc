#include "config/flags/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

namespace blis::config {
namespace {

constexpr std::size_t kHelpWidth = 100;
constexpr std::size_t kHelpIndent = 10;

/// `--rate FLOAT`; booleans take no value.
std::string synopsis(const FlagSpec& flag) {
  if (flag.is_bool()) return fmt::format("--{}", flag.name());
  std::string value;
  for (const char c : flag.type_name()) value += static_cast<char>(c - 'a' + 'A');
  if (flag.is_path()) value = "PATH";
  return fmt::format("--{} {}", flag.name(), value);
}

/// What stands behind the help sentence: unit, default, choices.
std::string facts(const FlagSpec& flag) {
  std::string text;
  const auto append = [&text](std::string_view fact) {
    text += text.empty() ? "" : "; ";
    text += fact;
  };
  if (!flag.unit_text().empty()) append(flag.unit_text());
  if (!flag.choice_names().empty()) append(fmt::format("{}", fmt::join(flag.choice_names(), ", ")));
  if (flag.is_required()) append("required");
  if (!flag.default_text().empty()) append(fmt::format("default {}", flag.default_text()));
  return text;
}

void append_wrapped(std::string& out, std::string_view text) {
  std::string line(kHelpIndent, ' ');
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    if (line.size() > kHelpIndent && line.size() + 1 + word.size() > kHelpWidth) {
      out += line + "\n";
      line.assign(kHelpIndent, ' ');
    }
    if (line.size() > kHelpIndent) line += ' ';
    line += word;
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  out += line + "\n";
}

std::string usage(const CommandRow& command) {
  return fmt::format("blis {}{}{} [flags]", command.name, command.arguments.empty() ? "" : " ",
                     command.arguments);
}

/// `-` and `\` mean something to troff.
std::string troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_choices(const FlagSpec& flag) {
  if (flag.choice_names().empty()) return "";
  return fmt::format(": `{}`", fmt::join(flag.choice_names(), "`, `"));
}

}  // namespace

std::string program_help() {
  std::string out =
      "blis simulates platforms that serve large language models.\n\n"
      "Usage:\n  blis COMMAND [flags]\n\nCommands:\n";
  for (const CommandRow& row : command_rows()) {
    out += fmt::format("  {:<32}{}\n", row.name, row.summary);
  }
  out +=
      "\nFlags:\n  -h, --help              help for blis or a command\n"
      "      --version           version, commit and compiler\n";
  return out;
}

std::string command_help(const CommandRow& command) {
  std::string out = fmt::format("{}.\n\nUsage:\n  {}\n", command.summary, usage(command));
  std::string members;
  for (const CommandRow& row : command_rows()) {
    if (row.name.starts_with(fmt::format("{} ", command.name))) {
      members += fmt::format("  {:<32}{}\n", row.name, row.summary);
    }
  }
  if (!members.empty()) out += "\nCommands:\n" + members;
  command.with_flags([&out](const FlagSet& set) {
    std::string_view group;
    for (const FlagSpec& flag : set.flags()) {
      if (flag.group() != group) out += fmt::format("\n{}:\n", flag.group());
      group = flag.group();
      out += fmt::format("  {}\n", synopsis(flag));
      const std::string more = facts(flag);
      append_wrapped(out, more.empty() ? flag.help() : fmt::format("{} [{}]", flag.help(), more));
    }
  });
  out += "\nOther:\n  -h, --help\n          this help\n";
  return out;
}

std::string man_page(std::string_view version) {
  std::string out = fmt::format(
      ".TH BLIS 1 \"\" \"blis {}\" \"User Commands\"\n.SH NAME\nblis \\- simulate platforms that "
      "serve "
      "large language models\n.SH SYNOPSIS\n.B blis\n.I COMMAND\n[\\fIflags\\fR]\n.SH COMMANDS\n",
      version);
  for (const CommandRow& row : command_rows()) {
    out += fmt::format(".SS {}\n{}.\n", troff(usage(row)), troff(row.summary));
    row.with_flags([&out](const FlagSet& set) {
      for (const FlagSpec& flag : set.flags()) {
        const std::string more = facts(flag);
        out += fmt::format(".TP\n.B {}\n{}{}\n", troff(synopsis(flag)), troff(flag.help()),
                           more.empty() ? "" : fmt::format(" [{}]", troff(more)));
      }
    });
  }
  out +=
      ".SH EXIT STATUS\n.TP\n.B 0\nsuccess\n.TP\n.B 1\na mistake in flags or files\n.TP\n.B 2\na "
      "configuration that cannot be built, or a defect of the program\n";
  return out;
}

std::string markdown_reference() {
  std::string out;
  for (const CommandRow& row : command_rows()) {
    out += fmt::format("\n## `blis {}`\n\n{}. Usage: `{}`\n", row.name, row.summary, usage(row));
    row.with_flags([&out](const FlagSet& set) {
      std::string_view group;
      for (const FlagSpec& flag : set.flags()) {
        if (flag.group() != group) {
          out += fmt::format(
              "\n### {}\n\n| Flag | Type | Unit | Default | Meaning |\n|---|---|---|---|---|\n",
              flag.group());
        }
        group = flag.group();
        std::string name = fmt::format("`--{}`", flag.name());
        for (const FlagSpec::OldName& old : flag.old_names()) {
          name += fmt::format(" (old: `--{}`)", old.name);
        }
        out +=
            fmt::format("| {} | {} | {} | {} | {}{} |\n", name, flag.type_name(), flag.unit_text(),
                        flag.default_text().empty() ? "" : fmt::format("`{}`", flag.default_text()),
                        markdown_cell(flag.help()), markdown_choices(flag));
      }
    });
  }
  return out;
}

}  // namespace blis::config
