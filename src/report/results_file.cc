#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "base/number_text.h"
#include "report/latency_lists.h"
#include "report/name_order.h"
#include "report/run_report.h"

namespace blis::report {
namespace {

// The number in the name: what is left after one leading `request_`, if that is a plain integer.
std::optional<std::int64_t> number_in(std::string_view name) {
  constexpr std::string_view kPrefix = "request_";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  return parse_plain_int(name);
}

bool has_result(const RequestRow& row) {
  return row.measured->registered && row.measured->has_ttft && row.measured->has_e2e;
}

void write_result(JsonWriter& json, const RunSummary& summary, std::int64_t number,
                  const RequestRow& row) {
  const request::Measurements& m = *row.measured;
  const std::string_view slo_class = summary.text(row.spec->slo_class);
  const std::string_view model = summary.text(row.spec->model);
  json.begin_object();
  json.member("request_id", number);
  json.member("ttft_us", ticks(m.ttft));
  json.member("e2e_us", ticks(m.e2e));
  json.member("input_tokens", row.spec->input_tokens);
  json.member("output_tokens", row.spec->output_tokens);
  if (!slo_class.empty()) json.member("slo_class", slo_class);
  if (!model.empty()) json.member("model", model);
  if (m.has_itl_mean && m.itl_mean_us != 0) json.member("itl_mean_us", m.itl_mean_us);
  json.end_object();
}

}  // namespace

void write_results(JsonWriter& json, const RunSummary& summary) {
  const RequestRows& rows = summary.cluster().rows;
  json.begin_array();
  if (rows.are_records()) {
    RequestRows::Reader reader(rows);
    std::vector<std::pair<std::int64_t, RequestId>> numbered;
    for (const RequestId id : registered_by_name(rows, summary.symbols())) {
      const RequestRow& row = reader.read(id);
      if (!has_result(row)) continue;
      if (const auto number = number_in(summary.name(row))) numbered.emplace_back(*number, id);
    }
    std::ranges::stable_sort(numbered, {}, &std::pair<std::int64_t, RequestId>::first);
    for (const auto& [number, id] : numbered) write_result(json, summary, number, reader.read(id));
  } else {
    std::vector<std::pair<std::int64_t, const RequestRow*>> numbered;
    for (const RequestRow& row : rows.whole()) {
      if (!has_result(row)) continue;
      if (const auto number = number_in(summary.name(row))) numbered.emplace_back(*number, &row);
    }
    std::ranges::stable_sort(numbered, {}, &std::pair<std::int64_t, const RequestRow*>::first);
    for (const auto& [number, row] : numbered) write_result(json, summary, number, *row);
  }
  json.end_array();
}

}  // namespace blis::report
