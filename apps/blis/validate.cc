// `blis validate FILE...`: finds the mistakes of files before a run does.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/output_file.h"
#include "base/yaml_reader.h"
#include "command.h"
#include "config/defaults_file.h"
#include "config/kv_offload_file.h"
#include "config/lora_resolution.h"
#include "config/policy_bundle.h"
#include "environment.h"
#include "logging.h"
#include "trace/trace_header.h"
#include "workload/spec_reader.h"
#include "workload/validation.h"

namespace blis::app {
namespace {

struct NoFlags {};
void register_flags(NoFlags&, config::FlagSet&) {}

// --- one checker per kind of file; each THROWS ConfigError with the file's mistakes
// ----------------------------------

void check_trace_header(const std::string& text, const std::string& file, Diagnostics&) {
  trace::parse_trace_header(text, file);
}

void check_kv_offload(const std::string& text, const std::string& file, Diagnostics&) {
  // Against the default block size and the device classes of the defaults file.
  const config::ModelFlags defaults;
  config::parse_kv_offload(text, file, *defaults.block_size_in_tokens,
                           load_defaults(defaults.defaults_filepath).offload_devices);
}

void check_lora(const std::string& text, const std::string& file, Diagnostics&) {
  config::parse_lora_file(text, file);
}

void check_defaults(const std::string& text, const std::string& file, Diagnostics&) {
  config::parse_defaults(text, file);
}

void check_workload_spec(const std::string& text, const std::string& file,
                         Diagnostics& diagnostics) {
  workload::validate(workload::parse_workload_spec(text, file, diagnostics));
}

void check_policy_bundle(const std::string& text, const std::string& file, Diagnostics&) {
  config::parse_policy_bundle(text, file);
}

/// Kinds of files are told apart by a top-level key that only one of them has; the first match
/// counts.
struct FileKind {
  std::string_view key;
  std::string_view name;
  void (*check)(const std::string& text, const std::string& file, Diagnostics& diagnostics);
};

constexpr FileKind kKinds[] = {
    {"trace_version", "trace header", check_trace_header},
    {"time_unit", "trace header", check_trace_header},
    {"defaults", "defaults file", check_defaults},
    {"workloads", "defaults file", check_defaults},
    {"trained_physics_coefficients", "defaults file", check_defaults},
    {"kv_offload", "KV offload file", check_kv_offload},
    {"lora", "LoRA file", check_lora},
    {"clients", "workload spec", check_workload_spec},
    {"cohorts", "workload spec", check_workload_spec},
    {"servegen_data", "workload spec", check_workload_spec},
    {"inference_perf", "workload spec", check_workload_spec},
    {"aggregate_rate", "workload spec", check_workload_spec},
    {"category", "workload spec", check_workload_spec},
};
/// What a file without any of these is: all keys of a bundle are optional.
constexpr FileKind kBundle = {"", "policy bundle", check_policy_bundle};

const FileKind& kind_of(std::string_view text, const std::string& file) {
  const auto root = parse_yaml(text, file);
  if (!root || !root->is_map()) return kBundle;
  YamlErrors ignored(file);  // the checker reports them
  const auto entries = root->as_entries(ignored);
  if (!entries) return kBundle;
  for (const FileKind& kind : kKinds) {
    for (const auto& [key, value] : *entries) {
      if (key == kind.key) return kind;
    }
  }
  return kBundle;
}

}  // namespace

int validate_command(Arguments words) {
  NoFlags flags;
  config::FlagSet set;
  register_flags(flags, set);
  const config::ParseOutcome outcome = set.parse(words);
  if (set.help_requested()) return print_help("validate");
  if (outcome.positional.empty()) throw ConfigError("name at least one file");

  bool all_valid = true;
  Diagnostics diagnostics;
  for (const std::string& file : outcome.positional) {
    try {
      const std::string text = read_file(file);
      const FileKind& kind = kind_of(text, file);
      kind.check(text, file, diagnostics);
      print_stdout(fmt::format("{}: valid {}\n", file, kind.name));
    } catch (const ConfigError& error) {
      fmt::print(stderr, "{}\n", error.what());
      all_valid = false;
    }
  }
  log_diagnostics(diagnostics);
  return all_valid ? kSuccess : kUserError;
}

}  // namespace blis::app
