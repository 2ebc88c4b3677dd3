#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/number_text.h"
#include "base/output_file.h"
#include "base/text.h"
#include "report/saturation/saturation.h"

namespace blis::report {
namespace {

constexpr std::string_view kAll = "all";

InputLocation flag(std::string_view name) {
  return {.file = "", .line = 0, .key = std::string(name)};
}

const SaturationDetectorEntry& find_detector(std::string_view name) {
  const auto entries = saturation_detector_entries();
  const auto found = std::ranges::find(entries, name, &SaturationDetectorEntry::name);
  if (found != entries.end()) return *found;
  std::vector<std::string_view> valid;
  for (const SaturationDetectorEntry& entry : entries) valid.push_back(entry.name);
  valid.push_back(kAll);
  throw ConfigError(flag("--detectors"), unknown_name("detector", name, valid));
}

std::int64_t parse_window_us(std::string_view text) {
  const std::optional<std::int64_t> ns = parse_duration_ns(text);
  if (!ns || *ns <= 0) {
    throw ConfigError(
        flag("--saturation-final-window"),
        fmt::format("\"{}\" is not a duration above 0 with a unit, as 500ms or 30s", text));
  }
  return *ns / 1000;
}

void refuse_without_detectors(const SaturationFlags& flags) {
  const auto refuse = [](const std::string& value, std::string_view name) {
    if (!value.empty()) throw ConfigError(flag(name), "has no effect without --detectors");
  };
  refuse(flags.config, "--saturation-config");
  refuse(flags.report, "--saturation-report");
  refuse(flags.final_window, "--saturation-final-window");
}

void refuse_tuning_of_absent(const SaturationOptions& options, bool has_block,
                             std::string_view block, std::string_view detector,
                             const std::string& file) {
  const bool selected = std::ranges::any_of(
      options.detectors, [&](const SaturationDetectorEntry* e) { return e->name == detector; });
  if (has_block && !selected) {
    throw ConfigError(
        {.file = file, .line = 0, .key = std::string(block)},
        fmt::format("tunes detector {}, which --detectors does not select", detector));
  }
}

// Opens the report for writing before the run, so that a bad path costs nothing. What exists is
// left as it is.
void probe_report_path(const std::string& path) {
  const bool existed = std::filesystem::exists(path);
  const bool opens = std::ofstream(path, std::ios::app).is_open();
  if (!opens) throw ConfigError(flag("--saturation-report"), "cannot write " + path);
  if (!existed) std::filesystem::remove(path);
}

}  // namespace

std::vector<const SaturationDetectorEntry*> select_saturation_detectors(std::string_view text) {
  std::vector<const SaturationDetectorEntry*> selected;
  if (text.empty()) return selected;
  const bool is_list = text.find(',') != std::string_view::npos;
  std::vector<std::string_view> names;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view name = is_list ? trim(part) : part;
    if (!name.empty()) names.push_back(name);
  }
  if (names.empty()) throw ConfigError(flag("--detectors"), "names no detector");
  if (is_list && std::ranges::find(names, kAll) != names.end()) {
    throw ConfigError(flag("--detectors"), "\"all\" cannot stand in a list");
  }
  if (!is_list && text == kAll) {
    for (const SaturationDetectorEntry& entry : saturation_detector_entries()) {
      selected.push_back(&entry);
    }
    return selected;
  }
  for (const std::string_view name : names) selected.push_back(&find_detector(name));
  // Entries lie in one table, so their addresses are in order of evaluation.
  std::ranges::sort(selected);
  selected.erase(std::unique(selected.begin(), selected.end()), selected.end());
  return selected;
}

std::optional<SaturationOptions> resolve_saturation(const SaturationFlags& flags) {
  SaturationOptions options;
  options.detectors = select_saturation_detectors(flags.detectors);
  if (options.detectors.empty()) {
    refuse_without_detectors(flags);
    return std::nullopt;
  }
  if (!flags.config.empty()) {
    options.config = parse_saturation_config(read_file(flags.config), flags.config);
    refuse_tuning_of_absent(options, options.config.has_threshold_block, "threshold", "threshold",
                            flags.config);
    refuse_tuning_of_absent(options, options.config.has_backlog_drift_block, "backlog_drift",
                            "backlog-drift", flags.config);
  }
  // The flag, else the window of backlog-drift, else the default (spec cli 3).
  if (!flags.final_window.empty()) {
    options.final_window_us = parse_window_us(flags.final_window);
  } else if (options.config.given_drift_window_s) {
    options.final_window_us = *options.config.given_drift_window_s * 1'000'000;
  }
  options.report_path = flags.report;
  if (!options.report_path.empty()) probe_report_path(options.report_path);
  return options;
}

}  // namespace blis::report
