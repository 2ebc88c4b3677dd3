#include "live/observe/kv_metrics.h"

#include <cmath>

#include "base/number_text.h"

namespace blis::live {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kTiered = "tiered";
constexpr std::string_view kGpuCache = "gpu-prefix-cache-fallback";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The end of the label set that begins at `open`; quoted values may hold braces.
std::size_t find_closing_brace(std::string_view line, std::size_t open) {
  bool quoted = false;
  for (std::size_t i = open + 1; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '}') {
      return i;
    }
  }
  return std::string_view::npos;
}

void add_line(MetricSums& sums, std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return;
  std::size_t name_end = line.find_first_of(" \t{");
  if (name_end == std::string_view::npos) return;
  std::string_view rest = line.substr(name_end);
  if (rest.front() == '{') {
    const std::size_t close = find_closing_brace(rest, 0);
    if (close == std::string_view::npos) return;
    rest.remove_prefix(close + 1);
  }
  rest = trim(rest);
  const std::optional<double> value =
      parse_flag_double(rest.substr(0, rest.find_first_of(kBlanks)));
  if (!value) return;
  std::string_view name = line.substr(0, name_end);
  if (name.ends_with("_total")) name.remove_suffix(std::string_view("_total").size());
  if (name.empty()) return;
  sums.try_emplace(std::string(name)).first->second += *value;
}

class Window {
 public:
  Window(const MetricSums& start, const MetricSums& end) : start_(start), end_(end) {}

  const double* at_end(std::string_view name) const {
    const auto found = end_.find(name);
    return found == end_.end() ? nullptr : &found->second;
  }
  double change(std::string_view name) const { return value(end_, name) - value(start_, name); }

  /// nullopt unless the counters make sense: 0 <= hits <= queries, something asked for.
  std::optional<trace::ObservedKvMetrics> rate(std::string_view queries, std::string_view hits,
                                               std::string_view source) const {
    const double asked = change(queries);
    const double found = change(hits);
    if (!(asked > 0) || !(found >= 0) || !(found <= asked) || !std::isfinite(asked)) {
      return std::nullopt;
    }
    trace::ObservedKvMetrics metrics;
    metrics.source = source;
    metrics.hit_rate = found / asked;
    metrics.block_hits = truncate_to_int64(found + 0.5);
    metrics.block_queries = truncate_to_int64(asked + 0.5);
    return metrics;
  }

 private:
  static double value(const MetricSums& sums, std::string_view name) {
    const auto found = sums.find(name);
    return found == sums.end() ? 0 : found->second;
  }

  const MetricSums& start_;
  const MetricSums& end_;
};

double not_negative(double seconds) { return std::isfinite(seconds) && seconds > 0 ? seconds : 0; }

}  // namespace

MetricSums parse_prometheus_text(std::string_view text) {
  MetricSums sums;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    add_line(sums, text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return sums;
}

std::optional<trace::ObservedKvMetrics> derive_hit_rate(const MetricSums& start,
                                                        const MetricSums& end) {
  const Window window(start, end);
  if (window.at_end("vllm:kv_offload_tiering_block_queries") != nullptr) {
    auto metrics = window.rate("vllm:kv_offload_tiering_block_queries",
                               "vllm:kv_offload_tiering_block_hits", kTiered);
    if (metrics) {
      metrics->read_time_total = not_negative(window.change("vllm:kv_offload_tiering_read_time"));
      metrics->write_time_total = not_negative(window.change("vllm:kv_offload_tiering_write_time"));
    }
    return metrics;
  }
  if (window.at_end("vllm:gpu_prefix_cache_queries") != nullptr) {
    return window.rate("vllm:gpu_prefix_cache_queries", "vllm:gpu_prefix_cache_hits", kGpuCache);
  }
  if (const double* gauge = window.at_end("vllm:gpu_prefix_cache_hit_rate"); gauge != nullptr) {
    if (!std::isfinite(*gauge)) return std::nullopt;
    trace::ObservedKvMetrics metrics;
    metrics.source = kGpuCache;
    metrics.hit_rate = *gauge;
    return metrics;
  }
  // vLLM from 0.9 on; unknown to the reference, which then records nothing.
  if (window.at_end("vllm:prefix_cache_queries") != nullptr) {
    return window.rate("vllm:prefix_cache_queries", "vllm:prefix_cache_hits", kGpuCache);
  }
  return std::nullopt;
}

}  // namespace blis::live
