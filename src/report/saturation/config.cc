#include "report/saturation/config.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml_reader.h"

namespace blis::report {
namespace {

// A value with its place, so that checks can say where it stands.
class Checker {
 public:
  Checker(const YamlNode& block, YamlErrors& errors) : block_(block), errors_(errors) {}

  void require(bool holds, std::string_view key, double value, std::string_view range) {
    if (holds) return;
    errors_.add(block_.line(), fmt::format("{}.{}", block_.path(), key),
                fmt::format("{} is out of range; must be {}", value, range));
  }

 private:
  const YamlNode& block_;
  YamlErrors& errors_;
};

bool finite_above(double v, double limit) { return std::isfinite(v) && v > limit; }

void read_threshold(const YamlNode& node, YamlErrors& errors, SaturationConfig& config) {
  config.has_threshold_block = true;
  YamlFields fields(node, errors);
  fields.read("threshold_ms", config.threshold_ms);
  Checker(node, errors)
      .require(finite_above(config.threshold_ms, 0), "threshold_ms", config.threshold_ms,
               "finite and above 0");
}

void read_backlog_drift(const YamlNode& node, YamlErrors& errors, SaturationConfig& config) {
  config.has_backlog_drift_block = true;
  std::int64_t min_windows = 5;
  double peak_ratio = 2.0;
  double peak_ratio_band = 0.2;
  double confidence_ci = 0.95;
  std::int64_t warmup_windows = 2;
  std::int64_t tail_windows = 1;
  double saturated_drain_ratio = 0.95;
  double transient_drain_ratio = 0.98;

  YamlFields fields(node, errors);
  fields.read("window_size_sec", config.given_drift_window_s);
  fields.read("min_windows", min_windows);
  fields.read("peak_ratio", peak_ratio);
  fields.read("peak_ratio_band", peak_ratio_band);
  fields.read("confidence_ci", confidence_ci);
  fields.read("warmup_windows", warmup_windows);
  fields.read("tail_windows", tail_windows);
  fields.read("saturated_drain_ratio", saturated_drain_ratio);
  fields.read("transient_drain_ratio", transient_drain_ratio);
  config.drift_window_s = config.given_drift_window_s.value_or(config.drift_window_s);

  Checker check(node, errors);
  const auto count = [](std::int64_t n) { return static_cast<double>(n); };
  check.require(config.drift_window_s > 0, "window_size_sec", count(config.drift_window_s),
                "above 0");
  check.require(min_windows > 0, "min_windows", count(min_windows), "above 0");
  check.require(finite_above(peak_ratio, 0), "peak_ratio", peak_ratio, "finite and above 0");
  check.require(std::isfinite(peak_ratio_band) && peak_ratio_band >= 0, "peak_ratio_band",
                peak_ratio_band, "finite and at least 0");
  check.require(confidence_ci > 0 && confidence_ci < 1, "confidence_ci", confidence_ci,
                "between 0 and 1");
  check.require(warmup_windows >= 0, "warmup_windows", count(warmup_windows), "at least 0");
  check.require(tail_windows >= 0, "tail_windows", count(tail_windows), "at least 0");
  check.require(saturated_drain_ratio > 0 && saturated_drain_ratio <= 1, "saturated_drain_ratio",
                saturated_drain_ratio, "above 0 and at most 1");
  check.require(transient_drain_ratio > 0 && transient_drain_ratio <= 1, "transient_drain_ratio",
                transient_drain_ratio, "above 0 and at most 1");
  check.require(saturated_drain_ratio <= transient_drain_ratio, "saturated_drain_ratio",
                saturated_drain_ratio, "at most transient_drain_ratio");
}

}  // namespace

SaturationConfig parse_saturation_config(std::string_view text, const std::string& file) {
  SaturationConfig config;
  if (trim(text).empty()) return config;
  const std::optional<YamlNode> document = parse_yaml(text, file);
  if (!document) throw ConfigError({.file = file, .line = 0, .key = ""}, "holds only comments");
  YamlErrors errors(file);
  {
    YamlFields fields(*document, errors);
    if (const auto block = fields.node("threshold")) read_threshold(*block, errors, config);
    if (const auto block = fields.node("backlog_drift")) read_backlog_drift(*block, errors, config);
  }
  errors.throw_if_any();
  return config;
}

}  // namespace blis::report
