// `blis validate FILE...`: finds the mistakes of files before a run does.

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.h"
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
#include "script/policy_script.h"
#include "trace/itl_file.h"
#include "trace/replay_rows.h"
#include "trace/trace_header.h"
#include "trace/trace_reader.h"
#include "workload/spec_reader.h"
#include "workload/validation.h"

namespace blis::app {
namespace {

struct NoFlags {};
void register_flags(NoFlags&, config::FlagSet&) {}

// --- one checker per kind of YAML file; each THROWS ConfigError with the file's mistakes

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
  const workload::WorkloadSpec spec = workload::parse_workload_spec(text, file, diagnostics);
  workload::check_single_source(spec);
  workload::validate(spec);
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

// --- files that are read row by row, however many rows are wrong: mistakes are told when found

/// Tells the user of mistakes.
class Mistakes {
 public:
  void tell(const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    found_ = true;
  }
  bool found() const { return found_; }

 private:
  bool found_ = false;
};

void check_trace(const std::string& file, Mistakes& mistakes) {
  trace::TraceReader reader(file, trace::TraceReader::Fields::kAsWritten);
  trace::TraceRecord record;
  for (bool more = true; more;) {
    const int before = reader.line();
    try {
      record = {};
      more = reader.next(record);
    } catch (const DataError& error) {
      mistakes.tell(error);
      more = reader.line() != before;  // else nothing gets past this row
    }
    try {
      trace::check_row_tokens(record, file, reader.line());
    } catch (const DataError& error) {
      mistakes.tell(error);
    }
  }
}

void check_chunk_times(const std::string& file, Mistakes& mistakes) {
  trace::ItlReader reader(file);
  trace::ChunkTime chunk;
  for (bool more = true; more;) {
    const int before = reader.line();
    try {
      more = reader.next(chunk);
    } catch (const DataError& error) {
      mistakes.tell(error);
      more = reader.line() != before;
    }
  }
}

bool has_suffix(std::string_view file, std::string_view suffix) {
  for (const std::string_view compression : {".gz", ".zst"}) {
    if (file.ends_with(compression)) file.remove_suffix(compression.size());
  }
  return file.ends_with(suffix);
}

/// A file of chunk times has three columns, a trace many more.
bool has_chunk_times(const std::string& file) {
  CsvReader reader(file);
  std::vector<std::string_view> names;
  return reader.next(names) && names.size() < trace::TraceColumns().count();
}

/// Checks the file and returns what it is. Tells its mistakes, or THROWS ConfigError or DataError
/// with them.
std::string_view check_file(const std::string& file, Diagnostics& diagnostics, Mistakes& mistakes) {
  if (has_suffix(file, ".lua")) {
    script::load_policy_script(file, 0);
    return "policy script";
  }
  if (has_suffix(file, ".csv")) {
    const bool is_chunk_times = has_chunk_times(file);
    (is_chunk_times ? check_chunk_times : check_trace)(file, mistakes);
    return is_chunk_times ? "file of chunk times" : "trace";
  }
  const std::string text = read_file(file);
  const FileKind& kind = kind_of(text, file);
  kind.check(text, file, diagnostics);
  return kind.name;
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
    Mistakes mistakes;
    try {
      const std::string_view kind = check_file(file, diagnostics, mistakes);
      if (!mistakes.found()) print_stdout(fmt::format("{}: valid {}\n", file, kind));
    } catch (const ConfigError& error) {
      mistakes.tell(error);
    } catch (const DataError& error) {
      mistakes.tell(error);
    }
    if (mistakes.found()) all_valid = false;
  }
  log_diagnostics(diagnostics);
  return all_valid ? kSuccess : kUserError;
}

}  // namespace blis::app
