#include "report/metrics_json.h"

#include <algorithm>
#include <set>

#include "base/unstable_sort.h"
#include "report/fleet_counters.h"
#include "report/gpu_costs.h"
#include "report/latency_lists.h"
#include "report/metrics_parts.h"
#include "report/name_order.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

// All latencies are 0 when nothing completed, even if there are first tokens (spec engine 13).
void write_latencies(JsonWriter& json, const MetricsScope& scope) {
  LatencyStats e2e, ttft, itl;
  double delay_p99_ms = 0;
  if (scope.totals.completed > 0) {
    e2e = latency_stats(sorted_e2es(scope.rows));
    ttft = latency_stats(sorted_ttfts(scope.rows));
    itl = latency_stats(scope.itl->sorted());
    delay_p99_ms = stats::integer_percentile_ms(sorted_scheduling_delays(scope.rows), 99);
  }
  write_latency(json, "e2e", e2e);
  write_latency(json, "ttft", ttft);
  write_latency(json, "itl", itl);
  json.member("scheduling_delay_p99_ms", delay_p99_ms);
}

void write_text_unless_empty(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) json.member(key, text);
}

void write_row(JsonWriter& json, const RunSummary& summary, const RequestRow& row) {
  const request::RequestSpec& spec = *row.spec;
  const request::Measurements& m = *row.measured;
  json.begin_object();
  json.member("arrived_at", arrived_at_s(row));
  json.member("requestID", std::string_view(summary.name(row)));
  json.member("num_prefill_tokens", spec.input_tokens);
  json.member("num_decode_tokens", spec.output_tokens);  // planned, also for capped requests
  json.member("ttft_ms", m.has_ttft ? ticks(m.ttft) / 1e3 : 0.0);
  json.member("itl_ms", m.has_itl_mean ? m.itl_mean_us / 1e3 : 0.0);
  json.member("e2e_ms", m.has_e2e ? ticks(m.e2e) / 1e3 : 0.0);
  json.member("scheduling_delay_ms",
              m.has_scheduling_delay ? ticks(m.scheduling_delay) / 1e3 : 0.0);
  write_text_unless_empty(json, "slo_class", summary.text(spec.slo_class));
  write_text_unless_empty(json, "tenant_id", summary.text(spec.tenant));
  write_text_unless_empty(json, "handled_by", summary.handled_by(row));
  write_text_unless_empty(json, "model", summary.text(spec.model));
  write_text_unless_empty(json, "adapter", summary.text(spec.adapter));
  if (m.length_capped) json.member("length_capped", true);
  if (m.gateway_enqueue > Micros(0) && m.gateway_dispatch > Micros(0)) {
    const double delay_ms = ticks(m.gateway_dispatch - m.gateway_enqueue) / 1000.0;
    if (delay_ms != 0) json.member("gateway_queue_delay_ms", delay_ms);
  }
  write_text_unless_empty(json, "session_id", summary.text(spec.session));
  json.member("round_index", static_cast<std::int64_t>(spec.round_index));
  json.end_object();
}

// The order of `times`, which are those of rows in order of names.
std::vector<std::size_t> arrival_order(const std::vector<double>& times_s) {
  return unstable_sort_order(
      times_s.size(), [&times_s](std::size_t a, std::size_t b) { return times_s[a] < times_s[b]; });
}

void write_records(JsonWriter& json, const RunSummary& summary, const MetricsScope& scope) {
  const std::vector<RequestId> ids = registered_by_name(scope.rows, summary.symbols());
  if (ids.empty()) return;
  RequestRows::Reader reader(scope.rows);
  std::vector<double> times_s;
  times_s.reserve(ids.size());
  for (const RequestId id : ids) times_s.push_back(arrived_at_s(reader.read(id)));
  json.key("requests");
  json.begin_array();
  for (const std::size_t index : arrival_order(times_s)) {
    write_row(json, summary, reader.read(ids[index]));
  }
  json.end_array();
}

void write_rows(JsonWriter& json, const RunSummary& summary, const MetricsScope& scope) {
  if (scope.rows.are_records()) return write_records(json, summary, scope);
  const std::vector<const RequestRow*> rows = rows_by_arrival(scope);
  if (rows.empty()) return;
  json.key("requests");
  json.begin_array();
  for (const RequestRow* row : rows) write_row(json, summary, *row);
  json.end_array();
}

struct AdapterUse {
  cluster::AdapterCounts counts;
  std::vector<double> ttfts;  // ticks
  std::int64_t output_tokens = 0;
};

// Adapters that a completed request used, and those that were loaded or evicted. SOURCE spec engine
// 13, latency 12.5.
std::map<std::string, AdapterUse, std::less<>> adapter_use(const RunSummary& summary,
                                                           const MetricsScope& scope) {
  std::map<std::string, AdapterUse, std::less<>> uses;
  for (const auto& [adapter, counts] : scope.totals.adapter_counts) uses[adapter].counts = counts;
  for (const RequestRow& row : scope.rows) {
    const std::string_view adapter = summary.text(row.spec->adapter);
    const request::Measurements& m = *row.measured;
    if (adapter.empty() || !m.registered || !m.has_e2e || m.e2e <= Micros(0)) continue;
    AdapterUse& use = uses.try_emplace(std::string(adapter)).first->second;
    if (m.has_ttft) use.ttfts.push_back(ticks(m.ttft));
    use.output_tokens += row.spec->output_tokens;
  }
  return uses;
}

void write_adapters(JsonWriter& json, const RunSummary& summary, const MetricsScope& scope) {
  auto uses = adapter_use(summary, scope);
  if (uses.empty()) return;
  const double duration_s = scope.totals.duration_s();
  json.key("adapters");
  json.begin_object();
  for (auto& [adapter, use] : uses) {
    std::sort(use.ttfts.begin(), use.ttfts.end());
    json.key(adapter);
    json.begin_object();
    json.member("load_count", use.counts.loads);
    json.member("eviction_count", use.counts.evictions);
    json.member("ttft_p50_us", stats::percentile_ms(use.ttfts, 50) * 1000);
    json.member("ttft_p99_us", stats::percentile_ms(use.ttfts, 99) * 1000);
    json.member("throughput_tok_per_s",
                duration_s > 0 ? static_cast<double>(use.output_tokens) / duration_s : 0.0);
    json.end_object();
  }
  json.end_object();
}

void write_speculation(JsonWriter& json, const engine::SpeculationCounts& counts) {
  json.key("speculative_decoding");
  json.begin_object();
  json.member("num_drafts", counts.drafts);
  json.member("num_draft_tokens", counts.draft_tokens);
  json.member("num_accepted_tokens", counts.accepted_tokens);
  json.member("acceptance_rate", counts.acceptance_ratio());
  json.member("mean_accepted_length", counts.mean_accepted_length());
  json.member("draft_time_s", ticks(counts.draft_time) / 1e6);
  json.end_object();
}

void write_storage(JsonWriter& json, const kv::StorageUse& storage, double duration_s) {
  json.key("kv_storage");
  json.begin_object();
  json.key("devices");
  json.begin_array();
  for (const kv::SharedDeviceUse& device : storage.devices) {
    json.begin_object();
    json.member("name", std::string_view(device.name));
    json.member("read_bytes", device.read_bytes);
    json.member("written_bytes", device.written_bytes);
    json.member("busy_ratio", busy_ratio(device, duration_s));
    json.end_object();
  }
  json.end_array();
  json.key("remote_stores");
  json.begin_array();
  for (const kv::RemoteStoreUse& store : storage.stores) {
    json.begin_object();
    json.member("name", std::string_view(store.name));
    json.member("blocks", store.blocks);
    json.member("written_blocks", store.written_blocks);
    json.member("spared_writes", store.spared_writes);
    json.member("read_blocks", store.read_blocks);
    json.member("foreign_read_blocks", store.foreign_read_blocks);
    json.member("evicted_blocks", store.evicted_blocks);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace

std::vector<const RequestRow*> rows_by_arrival(const MetricsScope& scope) {
  std::vector<const RequestRow*> by_name;
  by_name.reserve(scope.rows.size());
  for (const RequestRow& row : scope.rows.whole()) {
    if (row.measured->registered) by_name.push_back(&row);
  }
  std::vector<double> times_s;
  times_s.reserve(by_name.size());
  for (const RequestRow* row : by_name) times_s.push_back(arrived_at_s(*row));
  std::vector<const RequestRow*> sorted;
  sorted.reserve(by_name.size());
  for (const std::size_t index : arrival_order(times_s)) sorted.push_back(by_name[index]);
  return sorted;
}

std::string metrics_json(const RunSummary& summary, const MetricsScope& scope,
                         const MetricsJsonExtras& extras) {
  JsonWriter json;
  write_metrics_json(json, summary, scope, extras);
  return json.text();
}

void write_metrics_json(JsonWriter& json, const RunSummary& summary, const MetricsScope& scope,
                        const MetricsJsonExtras& extras) {
  const MetricsTotals& t = scope.totals;
  json.begin_object();
  json.member("instance_id", std::string_view(scope.id));
  json.member("completed_requests", t.completed);
  json.member("still_queued", t.still_queued);
  json.member("still_running", t.still_running);
  json.member("injected_requests", t.injected());
  json.member("total_input_tokens", t.total_input_tokens);
  json.member("total_output_tokens", t.total_output_tokens);
  json.member("vllm_estimated_duration_s", t.duration_s());
  json.member("responses_per_sec", t.responses_per_s());
  json.member("tokens_per_sec", t.tokens_per_s());
  write_latencies(json, scope);
  if (t.kv_allocation_failures != 0) {
    json.member("kv_allocation_failures", t.kv_allocation_failures);
  }
  json.member("preemption_count", t.preemptions);
  if (extras.with_rows) json.member("cache_hit_rate", t.cache_hit_rate);
  json.member("dropped_unservable", t.dropped_unservable);
  json.member("length_capped_requests", t.length_capped);
  json.member("timed_out_requests", t.timed_out);
  if (extras.with_rows) write_rows(json, summary, scope);
  if (extras.saturation_labels != nullptr) write_saturation(json, *extras.saturation_labels);
  if (extras.goodput != nullptr) write_goodput(json, *extras.goodput);
  write_adapters(json, summary, scope);
  if (extras.with_gpu_costs) {
    write_gpu_costs(json, summary.result().gpu_usage, summary.symbols(), t.total_output_tokens);
  }
  if (t.speculation) write_speculation(json, *t.speculation);
  if (extras.storage != nullptr) write_storage(json, *extras.storage, t.duration_s());
  if (extras.with_fleet_counters) write_fleet_counters(json, summary.result());
  json.end_object();
}

}  // namespace blis::report
