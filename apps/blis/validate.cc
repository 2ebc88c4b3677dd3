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

// --- files that are read row by row: every row that cannot be read is a mistake

constexpr std::size_t kMostMistakes = 100;  // of one file: a wrong column makes one in every row

/// Collects what `next` throws, row by row, until it returns false or does not get past a row.
/// `line` is that of the last row.
template <typename Next, typename Line>
void check_rows(const std::string& file, const Next& next, const Line& line) {
  std::string mistakes;
  std::size_t count = 0;
  for (;;) {
    const int before = line();
    try {
      if (!next()) break;
    } catch (const DataError& error) {
      mistakes += mistakes.empty() ? "" : "\n";
      mistakes += error.what();
      if (line() == before) break;
      if (++count == kMostMistakes) {
        mistakes += fmt::format("\n{}: and perhaps more: the rest was not read", file);
        break;
      }
    }
  }
  if (!mistakes.empty()) throw DataError(mistakes);
}

void check_trace(const std::string& file) {
  trace::TraceReader reader(file, trace::TraceReader::Fields::kAsWritten);
  trace::TraceRecord record;
  SymbolTable symbols;
  const auto next = [&] {
    if (!reader.next(record)) return false;
    (void)trace::make_replay_row(record, file, reader.line(), symbols);
    return true;
  };
  check_rows(file, next, [&] { return reader.line(); });
}

void check_chunk_times(const std::string& file) {
  trace::ItlReader reader(file);
  trace::ChunkTime chunk;
  check_rows(
      file, [&] { return reader.next(chunk); }, [&] { return reader.line(); });
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

/// Checks the file and returns what it is. THROWS ConfigError or DataError with its mistakes.
std::string_view check_file(const std::string& file, Diagnostics& diagnostics) {
  if (has_suffix(file, ".lua")) {
    script::load_policy_script(file, 0);
    return "policy script";
  }
  if (has_suffix(file, ".csv")) {
    const bool is_chunk_times = has_chunk_times(file);
    (is_chunk_times ? check_chunk_times : check_trace)(file);
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
  const auto refuse = [&all_valid](const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    all_valid = false;
  };
  for (const std::string& file : outcome.positional) {
    try {
      print_stdout(fmt::format("{}: valid {}\n", file, check_file(file, diagnostics)));
    } catch (const ConfigError& error) {
      refuse(error);
    } catch (const DataError& error) {
      refuse(error);
    }
  }
  log_diagnostics(diagnostics);
  return all_valid ? kSuccess : kUserError;
}

}  // namespace blis::app
