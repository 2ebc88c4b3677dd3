#include "calibrate/report_json.h"

#include "base/json_writer.h"

namespace blis::calibrate {
namespace {

constexpr std::string_view kKnownLimitations[] = {
    "The simulator advances in whole batch steps; a real server mixes requests continuously.",
    "Prompts are synthetic: only prefixes that a trace declares as shared can be cached.",
    "Speculative decoding is not modelled.",
    "KV memory is counted in whole blocks, so token counts are rounded up.",
};

void write_statistic(JsonWriter& json, const std::string& name, const StatisticPair& s) {
  json.member("real_" + name, s.real);
  json.member("sim_" + name, s.sim);
  json.member(name + "_error", s.error());
  json.member(name + "_percent_error", s.percent_error());
}

void write_comparison(JsonWriter& json, const Comparison& c) {
  json.begin_object();
  json.key("workload_level");
  json.begin_object();
  write_statistic(json, "mean", c.mean);
  write_statistic(json, "median", c.median);
  write_statistic(json, "p50", c.p50);
  write_statistic(json, "p90", c.p90);
  write_statistic(json, "p95", c.p95);
  write_statistic(json, "p99", c.p99);
  json.end_object();
  json.key("request_level");
  json.begin_object();
  json.member("mape", c.mape);
  json.member("pearson_r", c.pearson_r);
  json.member("bias_direction", c.bias_direction);
  json.member("quality", c.quality);
  json.end_object();
  json.member("count", c.count);
  json.end_object();
}

void write_shares(JsonWriter& json, std::string_view key,
                  const std::map<std::string, double>& shares) {
  json.key(key);
  json.begin_object();
  for (const auto& [dimension, share] : shares) json.member(dimension, share);
  json.end_object();
}

void write_goodput(JsonWriter& json, const GoodputComparison& goodput,
                   const trace::GoodputTargets& targets) {
  json.key("goodput");
  json.begin_object();
  json.key("targets");
  json.begin_object();
  for (const auto& [name, target] : targets) {
    json.key(name);
    json.begin_object();
    json.member("TTFTMs", target.ttft_ms);
    json.member("ITLMs", target.itl_ms);
    json.member("E2EMs", target.e2e_ms);
    json.end_object();
  }
  json.end_object();
  json.key("per_class");
  json.begin_object();
  for (const auto& [name, c] : goodput.classes) {
    json.key(name);
    json.begin_object();
    json.member("count", c.count);
    json.member("real_slo_attainment", c.real.attainment);
    json.member("sim_slo_attainment", c.sim.attainment);
    json.member("real_goodput_rps", c.real.goodput_rps);
    json.member("sim_goodput_rps", c.sim.goodput_rps);
    write_shares(json, "real_attainment_by_dim", c.real.attainment_by_dimension);
    write_shares(json, "sim_attainment_by_dim", c.sim.attainment_by_dimension);
    json.end_object();
  }
  json.end_object();
  if (goodput.skipped_itl) json.member("skipped_itl", true);
  json.end_object();
}

void write_hit_rate(JsonWriter& json, const HitRateComparison& h) {
  json.key("hit_rate");
  json.begin_object();
  json.member("real_hit_rate", h.real);
  json.member("sim_hit_rate", h.sim);
  json.member("abs_error_pp", h.abs_error_pp());
  json.member("tolerance_pp", h.tolerance_pp);
  json.member("within", h.within());
  json.member("source", h.source);
  json.end_object();
}

}  // namespace

bool CalibrationReport::ttft_within() const {
  return metrics.at("ttft").mape <= ttft_mape_threshold;
}

std::string report_json(const CalibrationReport& report) {
  JsonWriter json;
  json.begin_object();
  json.key("trace_info");
  json.begin_object();
  json.member("num_requests", report.num_requests);
  json.member("warm_up_excluded", report.warm_up_excluded);
  json.member("matched_pairs", report.matched_pairs);
  json.member("token_mismatches", report.token_mismatches);
  if (report.itl_dropped != 0) json.member("itl_dropped", report.itl_dropped);
  json.end_object();
  json.key("metrics");
  json.begin_object();
  for (const auto& [name, comparison] : report.metrics) {
    json.key(name);
    write_comparison(json, comparison);
  }
  json.end_object();
  // Nothing compares configurations yet; the key is part of the format.
  json.key("config_match");
  json.begin_object();
  json.end_object();
  json.key("known_limitations");
  json.begin_array();
  for (const std::string_view limitation : kKnownLimitations) json.value(limitation);
  json.end_array();
  if (report.goodput) write_goodput(json, *report.goodput, report.goodput_targets);
  if (report.hit_rate) write_hit_rate(json, *report.hit_rate);
  json.key("ttft_tolerance");
  json.begin_object();
  json.member("mape", report.metrics.at("ttft").mape);
  json.member("threshold", report.ttft_mape_threshold);
  json.member("within", report.ttft_within());
  json.end_object();
  json.end_object();
  return json.text();
}

}  // namespace blis::calibrate
