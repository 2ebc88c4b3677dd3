#include "trace/goodput_targets.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "base/number_text.h"
#include "base/text.h"

namespace blis::trace {
namespace {

// One `class=duration`; the duration in ms.
std::pair<std::string, double> parse_item(const InputLocation& where, std::string_view item) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos) {
    throw ConfigError(where, fmt::format("\"{}\" is not of the form class=duration", item));
  }
  const std::string_view slo_class = trim(item.substr(0, equals));
  const std::string_view duration = trim(item.substr(equals + 1));
  if (slo_class.empty()) throw ConfigError(where, fmt::format("\"{}\" names no class", item));
  const std::optional<std::int64_t> ns = parse_duration_ns(duration);
  if (!ns || *ns <= 0) {
    throw ConfigError(where, fmt::format("duration \"{}\" of class {} must be above 0 and have a "
                                         "unit, as 500ms or 1.5s",
                                         duration, slo_class));
  }
  return {std::string(slo_class), static_cast<double>(*ns) / 1e6};
}

}  // namespace

std::map<std::string, double> parse_goodput_flag(std::string_view flag, std::string_view text) {
  std::map<std::string, double> targets;
  text = trim(text);
  if (text.empty()) return targets;
  const InputLocation where{.file = "", .line = 0, .key = std::string(flag)};
  for (const std::string_view part : split(text, ',')) {
    const std::string_view item = trim(part);
    if (item.empty()) {
      throw ConfigError(where, fmt::format("empty item in \"{}\"; expected class=duration", text));
    }
    auto [slo_class, ms] = parse_item(where, item);
    targets.insert_or_assign(std::move(slo_class), ms);
  }
  return targets;
}

GoodputTargets merge_goodput_targets(const GoodputTargets& workload_spec,
                                     const GoodputTargets& trace_header,
                                     const GoodputFlags& flags) {
  GoodputTargets merged = workload_spec;
  for (const auto& [name, from] : trace_header) {
    GoodputTarget& target = merged[name];
    if (from.ttft_ms > 0) target.ttft_ms = from.ttft_ms;
    if (from.itl_ms > 0) target.itl_ms = from.itl_ms;
    if (from.e2e_ms > 0) target.e2e_ms = from.e2e_ms;
  }
  for (const auto& [name, ms] : flags.ttft_ms) merged[name].ttft_ms = ms;
  for (const auto& [name, ms] : flags.itl_ms) merged[name].itl_ms = ms;
  for (const auto& [name, ms] : flags.e2e_ms) merged[name].e2e_ms = ms;
  // Negative values of a spec gate nothing, but keep their class among the targets (spec cli 15.2).
  std::erase_if(merged, [](const auto& entry) {
    const GoodputTarget& target = entry.second;
    return target.ttft_ms == 0 && target.itl_ms == 0 && target.e2e_ms == 0;
  });
  return merged;
}

}  // namespace blis::trace
