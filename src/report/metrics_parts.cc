#include "report/metrics_parts.h"

#include <string_view>

namespace blis::report {
namespace {

void write_class(JsonWriter& json, const ClassGoodput& c) {
  json.begin_object();
  json.member("count", c.injected);
  if (c.e2e_p99_ms > 0) json.member("e2e_p99_ms", c.e2e_p99_ms);
  json.member("goodput_rps", c.goodput_rps);
  if (c.itl_mean_ms > 0) json.member("itl_mean_ms", c.itl_mean_ms);
  json.member("slo_attainment", c.attainment);
  if (!c.attainment_by_dimension.empty()) {
    json.key("slo_attainment_by_dim");
    json.begin_object();
    for (const auto& [dimension, share] : c.attainment_by_dimension) json.member(dimension, share);
    json.end_object();
  }
  if (c.ttft_p99_ms > 0) json.member("ttft_p99_ms", c.ttft_p99_ms);
  json.end_object();
}

}  // namespace

LatencyStats latency_stats(stats::TickList values) {
  LatencyStats s;
  s.mean_ms = values.mean_ms();
  s.p90_ms = values.percentile_ms(90);
  s.p95_ms = values.percentile_ms(95);
  s.p99_ms = values.percentile_ms(99);
  return s;
}

void write_latency(JsonWriter& json, const std::string& prefix, const LatencyStats& s) {
  json.member(prefix + "_mean_ms", s.mean_ms);
  json.member(prefix + "_p90_ms", s.p90_ms);
  json.member(prefix + "_p95_ms", s.p95_ms);
  json.member(prefix + "_p99_ms", s.p99_ms);
}

void write_saturation(JsonWriter& json, const std::map<std::string, std::string>& labels) {
  if (labels.empty()) return;
  json.key("saturation");
  json.begin_object();
  for (const auto& [detector, label] : labels) json.member(detector, std::string_view(label));
  json.end_object();
}

void write_goodput(JsonWriter& json, const Goodput& goodput) {
  if (goodput.goodput_rps != 0) json.member("goodput_rps", goodput.goodput_rps);
  if (goodput.attainment != 0) json.member("slo_attainment", goodput.attainment);
  json.key("per_class");
  json.begin_object();
  for (const auto& [name, c] : goodput.classes) {
    json.key(name);
    write_class(json, c);
  }
  json.end_object();
}

}  // namespace blis::report
