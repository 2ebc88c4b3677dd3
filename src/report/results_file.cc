#include <algorithm>
#include <cmath>
#include <optional>

#include "base/json_writer.h"
#include "base/number_text.h"
#include "report/latency_lists.h"
#include "report/run_report.h"

namespace blis::report {
namespace {

struct NumberedRow {
  std::int64_t number = 0;
  RequestRow row;
};

// The number in the name: what is left after one leading `request_`, if that is a plain integer.
std::optional<std::int64_t> number_in(std::string_view name) {
  constexpr std::string_view kPrefix = "request_";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  return parse_plain_int(name);
}

void write_result(JsonWriter& json, const RunSummary& summary, const NumberedRow& numbered) {
  const RequestRow& row = numbered.row;
  const request::Measurements& m = *row.measured;
  const std::string_view slo_class = summary.text(row.spec->slo_class);
  const std::string_view model = summary.text(row.spec->model);
  json.begin_object();
  json.member("request_id", numbered.number);
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

void render_results_file(const RunSummary& summary, const JsonWriter::Sink& sink) {
  std::vector<NumberedRow> rows;
  for (const RequestRow& row : summary.by_name(summary.cluster())) {
    const request::Measurements& m = *row.measured;
    if (!m.registered || !m.has_ttft || !m.has_e2e) continue;
    if (const auto number = number_in(summary.name(row))) rows.push_back({*number, row});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const NumberedRow& a, const NumberedRow& b) { return a.number < b.number; });
  JsonWriter json(sink);
  json.begin_array();
  for (const NumberedRow& row : rows) write_result(json, summary, row);
  json.end_array();
}

}  // namespace blis::report
