// Command-line flags: what a flag is, and the set of flags of one command.
//
// A command's flags are plain structs of Flag<T> members that carry the defaults; a
// register_flags() function beside each struct declares name, unit, help, choices and old names
// once. That declaration drives parsing, help, shell completion, the man page and the reference
// table of docs/cli.md.
//
// Own parser, not CLI11: the syntax that command lines of this field rely on (spec cli 1.2) takes
// *any* next word as the value of a flag (`--request-ttl -1`, `--model --x`), lets booleans take a
// value only through `=`, ignores stray words, and lets a deprecated name and its successor
// overwrite each other in order of appearance. CLI11 decides each of these differently and offers
// no switch for it.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace blis::config {

/// Value of one flag. "Set" means that the user wrote it, even if with the default value.
template <typename T>
struct Flag {
  T value{};
  bool is_set = false;

  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};

/// A length of wall or simulated time as a flag takes it (`1m30s`).
struct DurationNs {
  std::int64_t count = 0;
  friend bool operator==(DurationNs, DurationNs) = default;
};

/// Where a flag's text goes. The alternatives are the value syntaxes of spec cli 1.2.
using FlagTarget =
    std::variant<Flag<std::int64_t>*, Flag<double>*, Flag<bool>*, Flag<std::string>*,
                 Flag<DurationNs>*, Flag<std::vector<double>>*, Flag<std::vector<std::string>>*>;

/// One flag of one command, as help and the parser see it.
class FlagSpec {
 public:
  struct OldName {
    std::string name;
    std::string hint;  ///< continues "Flag --old has been deprecated, "
  };

  FlagSpec(std::string name, FlagTarget target, std::string help, std::string group);

  // Set while registering.
  FlagSpec& unit(std::string_view text);                       ///< `µs`, `tokens`, …
  FlagSpec& choices(std::span<const std::string_view> names);  ///< for help and completion
  FlagSpec& path();                                            ///< completes file names
  FlagSpec& old_name(std::string_view name);                   ///< deprecated; hidden from help
  FlagSpec& required();                                        ///< the parser insists on it
  FlagSpec& default_shown_as(std::string_view text);           ///< instead of the number

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  const std::string& group() const { return group_; }
  const std::string& unit_text() const { return unit_; }
  const std::vector<std::string>& choice_names() const { return choices_; }
  const std::vector<OldName>& old_names() const { return old_names_; }
  /// The default as help shows it; empty if it says nothing ("", false, an empty list).
  const std::string& default_text() const { return default_text_; }
  bool is_path() const { return is_path_; }
  bool is_required() const { return is_required_; }
  bool is_bool() const;
  bool is_set() const;
  /// `int`, `float`, `bool`, `string`, `duration`, `floats` or `strings`.
  std::string_view type_name() const;

  /// THROWS ConfigError naming `written_as` if `text` does not parse.
  void assign(std::string_view text, std::string_view written_as);

 private:
  std::string name_;
  FlagTarget target_;
  std::string help_;
  std::string group_;
  std::string unit_;
  std::string default_text_;
  std::vector<std::string> choices_;
  std::vector<OldName> old_names_;
  bool is_path_ = false;
  bool is_required_ = false;
};

/// What parsing found besides the flags.
struct ParseOutcome {
  std::vector<std::string> positional;    ///< words that are no flag's value; commands ignore them
  std::vector<std::string> deprecations;  ///< one line per use of an old name
};

/// The flags of one command, in the order of registration, which is the order of help. Refers to
/// the registered Flag<T>.
class FlagSet {
 public:
  FlagSet();
  FlagSet(const FlagSet&) = delete;
  FlagSet& operator=(const FlagSet&) = delete;

  /// Flags added from here on stand under this heading.
  void begin_group(std::string_view title) { group_ = title; }
  /// `name` without dashes. The reference is good for chaining and stays valid.
  FlagSpec& add(std::string_view name, FlagTarget target, std::string_view help);

  /// Assigns all flags in `args`, left to right. THROWS ConfigError for an unknown flag (naming the
  /// nearest), a missing or unparsable value, and, unless help was asked for, a missing required
  /// flag.
  ParseOutcome parse(std::span<const std::string> args);
  bool help_requested() const { return help_.value; }

  const std::deque<FlagSpec>& flags() const { return flags_; }

 private:
  FlagSpec* find(std::string_view name, ParseOutcome* outcome);
  [[noreturn]] void reject_unknown(std::string_view written) const;

  std::deque<FlagSpec> flags_;
  std::string group_;
  Flag<bool> help_;
};

}  // namespace blis::config
