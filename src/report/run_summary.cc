#include "report/run_summary.h"

#include <algorithm>
#include <compare>
#include <span>
#include <tuple>

#include "report/name_order.h"
#include "request/request_name.h"

namespace blis::report {
namespace {

using cluster::InstanceResult;
using cluster::SimulationResult;
using request::Measurements;
using request::Request;

MetricsTotals totals_of(const InstanceResult& instance, const SymbolTable& symbols) {
  const engine::InstanceMetrics& m = instance.metrics;
  MetricsTotals t;
  t.completed = m.completed_requests;
  t.still_queued = m.still_queued;
  t.still_running = m.still_running;
  t.total_input_tokens = m.total_input_tokens;
  t.total_output_tokens = m.total_output_tokens;
  t.kv_allocation_failures = m.kv_allocation_failures;
  t.preemptions = m.preemption_count;
  t.dropped_unservable = m.dropped_unservable;
  t.length_capped = m.length_capped_requests;
  t.timed_out = m.timed_out_requests;
  t.sim_ended = m.sim_ended;
  t.cache_hit_rate = m.cache_hit_rate;
  t.kv_thrashing_rate = m.kv_thrashing_rate;
  t.speculation = m.speculation;
  for (const auto& [adapter, counts] : instance.adapter_counts) {
    t.adapter_counts.emplace(symbols.text(adapter), counts);
  }
  return t;
}

// SOURCE spec engine 13.1. Rates are summed here and divided by the number of instances at the end.
void add(MetricsTotals& sum, const MetricsTotals& t) {
  sum.completed += t.completed;
  sum.still_queued += t.still_queued;
  sum.still_running += t.still_running;
  sum.total_input_tokens += t.total_input_tokens;
  sum.total_output_tokens += t.total_output_tokens;
  sum.kv_allocation_failures += t.kv_allocation_failures;
  sum.preemptions += t.preemptions;
  sum.dropped_unservable += t.dropped_unservable;
  sum.length_capped += t.length_capped;
  sum.timed_out += t.timed_out;
  sum.sim_ended = std::max(sum.sim_ended, t.sim_ended);
  sum.cache_hit_rate += t.cache_hit_rate;
  sum.kv_thrashing_rate += t.kv_thrashing_rate;
  if (t.speculation) {
    if (!sum.speculation) sum.speculation.emplace();
    sum.speculation->add(*t.speculation);
  }
  for (const auto& [adapter, counts] : t.adapter_counts) {
    cluster::AdapterCounts& both = sum.adapter_counts[adapter];
    both.loads += counts.loads;
    both.evictions += counts.evictions;
  }
}

// A disaggregated request is completed, dropped or running once, whatever its halves count.
// SOURCE spec disaggregation 9.
void count_disaggregated_requests_once(MetricsTotals& totals,
                                       const cluster::DisaggregationResult& d) {
  const std::int64_t in_transfer = d.prefill_completed - d.decode_completed - d.decode_timed_out -
                                   d.dropped_at_decode_kv - d.pending_decode -
                                   d.abandoned_after_prefill;
  totals.completed -= d.prefill_completed;
  totals.dropped_unservable += d.dropped_at_decode_kv;
  totals.still_running += std::max(in_transfer, std::int64_t{0});
}

bool leaves_a_trace(const Measurements& m) {
  return m.registered || m.has_ttft || m.has_e2e || m.has_scheduling_delay;
}

// One measurement of several requests of one name: written last = at the instance of the highest
// index, there last in time.
struct LastWriter {
  std::tuple<std::uint32_t, std::int64_t> when{0, 0};
  bool found = false;

  bool replaces(InstanceId instance, std::int64_t time) {
    const std::tuple<std::uint32_t, std::int64_t> now{instance.value(), time};
    if (found && now < when) return false;
    when = now;
    found = true;
    return true;
  }
};

// Requests of one name share one entry in each of the reference's tables by id, which the last
// writer owns (spec traces 7.1 "edge cases", engine 13.1). `same` is in order of injection.
Measurements merge_namesakes(const std::vector<const Request*>& same,
                             const request::RequestSpec** row) {
  Measurements merged;
  LastWriter row_writer, ttft, e2e, delay;
  for (const Request* r : same) {
    const Measurements& m = r->measured;
    if (m.registered && row_writer.replaces(m.instance, 0)) {
      *row = &r->spec;
      merged.registered = true;
      merged.instance = m.instance;
      merged.length_capped = m.length_capped;
      merged.gateway_enqueue = m.gateway_enqueue;
      merged.gateway_dispatch = m.gateway_dispatch;
    }
    if (m.has_ttft && ttft.replaces(m.instance, (r->spec.arrival + m.ttft).count())) {
      merged.has_ttft = true;
      merged.ttft = m.ttft;
    }
    if (m.has_scheduling_delay &&
        delay.replaces(m.instance, (r->spec.arrival + m.scheduling_delay).count())) {
      merged.has_scheduling_delay = true;
      merged.scheduling_delay = m.scheduling_delay;
    }
    if (m.has_e2e && e2e.replaces(m.instance, r->finished_step)) {
      merged.has_e2e = true;
      merged.e2e = m.e2e;
      merged.completion_time = m.completion_time;
      merged.has_itl_mean = m.has_itl_mean;
      merged.itl_mean_us = m.itl_mean_us;
    }
  }
  return merged;
}

double per_second(std::int64_t count, const MetricsTotals& totals) {
  const double duration_s = totals.duration_s();
  if (totals.completed <= 0 || !(duration_s > 0)) return 0;
  return static_cast<double>(count) / duration_s;
}

}  // namespace

double MetricsTotals::responses_per_s() const { return per_second(completed, *this); }

double MetricsTotals::tokens_per_s() const { return per_second(total_output_tokens, *this); }

double MetricsTotals::preemption_rate() const {
  if (completed <= 0) return 0;
  return static_cast<double>(preemptions) / static_cast<double>(completed);
}

RunSummary::RunSummary(const SimulationResult& result) : result_(&result) {
  std::vector<RequestId> cluster_ids;
  std::vector<std::span<const RequestId>> parts;  // of a run that kept records only
  cluster_.id = "cluster";
  for (const InstanceResult& instance : result.instances) {
    MetricsScope& scope = instances_.emplace_back();
    scope.id = instance.name;
    scope.totals = totals_of(instance, *result.symbols);
    scope.itl = &instance.metrics.itl;
    if (result.keeps_finished_requests) {
      scope.rows = RequestRows(unique_rows(instance.rows));
    } else {
      parts.emplace_back(instance.rows);
      scope.rows = RequestRows(*result.requests, {parts.back()});
    }

    add(cluster_.totals, scope.totals);
    cluster_itl_.merge(*scope.itl);
    if (!result.keeps_finished_requests) continue;
    for (const RequestId id : instance.rows) {
      if ((*result.requests)[id].spec.name.part == request::RequestPart::kWhole) {
        cluster_ids.push_back(id);
      }
    }
  }
  if (!instances_.empty()) {
    const double n = static_cast<double>(instances_.size());
    cluster_.totals.cache_hit_rate /= n;
    cluster_.totals.kv_thrashing_rate /= n;
  }
  if (result.disaggregation) {
    count_disaggregated_requests_once(cluster_.totals, *result.disaggregation);
    for (const cluster::DisaggregatedParent& parent : result.disaggregation->parents) {
      cluster_ids.push_back(parent.request);
    }
  }
  const bool same_as_instance = instances_.size() == 1 && !result.disaggregation;
  cluster_.itl = &cluster_itl_;
  if (same_as_instance) {
    cluster_.rows = instances_.front().rows;
  } else if (result.keeps_finished_requests) {
    cluster_.rows = RequestRows(unique_rows(cluster_ids));
  } else {
    cluster_.rows = RequestRows(*result.requests, std::move(parts));
  }
}

std::vector<RequestRow> RunSummary::unique_rows(const std::vector<RequestId>& ids) {
  const request::RequestTable& table = *result_->requests;
  std::vector<const Request*> order;
  order.reserve(ids.size());
  for (const RequestId id : ids) {
    if (leaves_a_trace(table[id].measured)) order.push_back(&table[id]);
  }
  sort_by_name(order, symbols());

  std::vector<RequestRow> rows;
  rows.reserve(order.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && std::is_eq(request::compare_names(
                                     order[i]->spec.name, order[end]->spec.name, symbols()))) {
      ++end;
    }
    if (end == i + 1) {
      rows.push_back({&order[i]->spec, &order[i]->measured});
    } else {
      const request::RequestSpec* spec = &order[end - 1]->spec;
      const std::vector<const Request*> same(order.begin() + static_cast<std::ptrdiff_t>(i),
                                             order.begin() + static_cast<std::ptrdiff_t>(end));
      merged_.push_back(merge_namesakes(same, &spec));
      rows.push_back({spec, &merged_.back()});
    }
    i = end;
  }
  return rows;
}

std::string_view RunSummary::slo_class(const RequestRow& row) const {
  const std::string_view name = text(row.spec->slo_class);
  return name.empty() ? "default" : name;
}

std::string_view RunSummary::handled_by(const RequestRow& row) const {
  const InstanceId id = row.measured->instance;
  return id.is_none() ? std::string_view() : result_->instances[id.index()].name;
}

std::string RunSummary::name(const RequestRow& row) const {
  return request::format_name(row.spec->name, symbols());
}

}  // namespace blis::report
