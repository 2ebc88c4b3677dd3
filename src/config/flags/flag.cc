#include "config/flags/flag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/number_text.h"

namespace blis::config {
namespace {

template <typename T>
std::string_view type_name_of() {
  if constexpr (std::is_same_v<T, std::int64_t>) return "int";
  if constexpr (std::is_same_v<T, double>) return "float";
  if constexpr (std::is_same_v<T, bool>) return "bool";
  if constexpr (std::is_same_v<T, std::string>) return "string";
  if constexpr (std::is_same_v<T, DurationNs>) return "duration";
  if constexpr (std::is_same_v<T, std::vector<double>>) return "floats";
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return "strings";
}

[[noreturn]] void reject(std::string_view written_as, std::string_view text,
                         std::string_view expected) {
  throw ConfigError({"", 0, std::string(written_as)},
                    fmt::format("\"{}\" is not {}", text, expected));
}

double parse_real(std::string_view text, std::string_view written_as) {
  const auto number = parse_flag_double(text);
  if (!number) reject(written_as, text, "a number");
  return *number;
}

void parse_into(std::int64_t& out, bool, std::string_view text, std::string_view written_as) {
  const auto number = parse_flag_int(text);
  if (!number) reject(written_as, text, "a 64-bit integer (no fraction, no exponent)");
  out = *number;
}

void parse_into(double& out, bool, std::string_view text, std::string_view written_as) {
  out = parse_real(text, written_as);
}

void parse_into(bool& out, bool, std::string_view text, std::string_view written_as) {
  const auto flag = parse_flag_bool(text);
  if (!flag) reject(written_as, text, "a boolean (true or false)");
  out = *flag;
}

void parse_into(std::string& out, bool, std::string_view text, std::string_view) { out = text; }

void parse_into(DurationNs& out, bool, std::string_view text, std::string_view written_as) {
  const auto ns = parse_duration_ns(text);
  if (!ns) reject(written_as, text, "a duration such as 500ms or 1m30s");
  out.count = *ns;
}

// The first occurrence replaces the default, later ones append.
void parse_into(std::vector<double>& out, bool was_set, std::string_view text,
                std::string_view written_as) {
  std::vector<double> values;
  for (;;) {
    const std::size_t comma = text.find(',');
    values.push_back(parse_real(text.substr(0, comma), written_as));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (!was_set) out.clear();
  out.insert(out.end(), values.begin(), values.end());
}

void parse_into(std::vector<std::string>& out, bool was_set, std::string_view text,
                std::string_view) {
  if (!was_set) out.clear();
  out.emplace_back(text);
}

std::string default_text_of(std::int64_t v) { return fmt::format("{}", v); }
std::string default_text_of(double v) { return format_fixed_number(v); }
std::string default_text_of(bool) { return ""; }
std::string default_text_of(const std::string& v) { return v; }
std::string default_text_of(DurationNs v) {
  if (v.count % 1'000'000'000 == 0) return fmt::format("{}s", v.count / 1'000'000'000);
  return fmt::format("{}ns", v.count);
}
std::string default_text_of(const std::vector<double>& v) {
  return fmt::format("{}", fmt::join(v, ","));
}
std::string default_text_of(const std::vector<std::string>&) { return ""; }

}  // namespace

FlagSpec::FlagSpec(std::string name, FlagTarget target, std::string help, std::string group)
    : name_(std::move(name)), target_(target), help_(std::move(help)), group_(std::move(group)) {
  default_text_ = std::visit([](auto* flag) { return default_text_of(flag->value); }, target_);
}

FlagSpec& FlagSpec::unit(std::string_view text) {
  unit_ = text;
  return *this;
}

FlagSpec& FlagSpec::choices(std::span<const std::string_view> names) {
  choices_.assign(names.begin(), names.end());
  return *this;
}

FlagSpec& FlagSpec::path() {
  is_path_ = true;
  return *this;
}

FlagSpec& FlagSpec::old_name(std::string_view name) {
  old_names_.push_back({std::string(name), fmt::format("use --{} instead", name_)});
  return *this;
}

FlagSpec& FlagSpec::required() {
  is_required_ = true;
  return *this;
}

FlagSpec& FlagSpec::default_shown_as(std::string_view text) {
  default_text_ = text;
  return *this;
}

bool FlagSpec::is_bool() const { return std::holds_alternative<Flag<bool>*>(target_); }

bool FlagSpec::is_set() const {
  return std::visit([](const auto* flag) { return flag->is_set; }, target_);
}

std::string_view FlagSpec::type_name() const {
  return std::visit(
      [](const auto* flag) { return type_name_of<std::remove_cvref_t<decltype(flag->value)>>(); },
      target_);
}

void FlagSpec::assign(std::string_view text, std::string_view written_as) {
  std::visit(
      [&](auto* flag) {
        parse_into(flag->value, flag->is_set, text, written_as);
        flag->is_set = true;
      },
      target_);
}

FlagSet::FlagSet() = default;

FlagSpec& FlagSet::add(std::string_view name, FlagTarget target, std::string_view help) {
  BLIS_CHECK(find(name, nullptr) == nullptr, "flag --{} is registered twice", name);
  return flags_.emplace_back(std::string(name), target, std::string(help), group_);
}

FlagSpec* FlagSet::find(std::string_view name, ParseOutcome* outcome) {
  for (FlagSpec& flag : flags_) {
    if (flag.name() == name) return &flag;
    for (const FlagSpec::OldName& old : flag.old_names()) {
      if (old.name != name) continue;
      if (outcome != nullptr) {
        outcome->deprecations.push_back(
            fmt::format("Flag --{} has been deprecated, {}", old.name, old.hint));
      }
      return &flag;
    }
  }
  return nullptr;
}

void FlagSet::reject_unknown(std::string_view written) const {
  std::vector<std::string_view> names;
  for (const FlagSpec& flag : flags_) names.push_back(flag.name());
  std::string message = fmt::format("unknown flag --{}", written);
  const std::string_view nearest = nearest_name(written, names);
  if (!nearest.empty()) message += fmt::format("; did you mean --{}?", nearest);
  throw ConfigError(message);
}

ParseOutcome FlagSet::parse(std::span<const std::string> args) {
  ParseOutcome outcome;
  std::size_t next = 0;
  while (next < args.size()) {
    const std::string_view word = args[next++];
    if (word == "--") {
      outcome.positional.insert(outcome.positional.end(),
                                args.begin() + static_cast<std::ptrdiff_t>(next), args.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      outcome.positional.emplace_back(word);
      continue;
    }
    if (word[1] != '-') {
      // -h is the only short flag there is.
      if (word != "-h")
        throw ConfigError(fmt::format("unknown short flag {} (flags begin with --)", word));
      help_ = {true, true};
      continue;
    }
    const std::string_view body = word.substr(2);
    const std::size_t equals = body.find('=');
    const std::string_view name = body.substr(0, equals);
    if (name.empty() || name[0] == '-') throw ConfigError(fmt::format("bad flag syntax: {}", word));
    const bool is_help = name == "help";
    FlagSpec* flag = is_help ? nullptr : find(name, &outcome);
    if (flag == nullptr && !is_help) reject_unknown(name);

    const std::string written_as = fmt::format("--{}", name);
    std::string_view text = "true";
    if (equals != std::string_view::npos) {
      text = body.substr(equals + 1);
    } else if (!is_help && !flag->is_bool()) {
      // The next word is the value, whatever it looks like: `--request-ttl -1`.
      if (next == args.size()) throw ConfigError(fmt::format("{}: a value is missing", written_as));
      text = args[next++];
    }
    if (is_help) {
      parse_into(help_.value, false, text, written_as);
    } else {
      flag->assign(text, written_as);
    }
  }
  if (help_.value) return outcome;
  for (const FlagSpec& flag : flags_) {
    if (flag.is_required() && !flag.is_set()) {
      throw ConfigError(fmt::format("--{} is required", flag.name()));
    }
  }
  return outcome;
}

}  // namespace blis::config
