// A GuideLLM report in JSON: benchmarks[].requests.{successful, incomplete, errored}[]. Where a
// request's times stand has changed between versions, so several places are tried: the request
// itself, and its `info.timings` or `scheduler_info.request_timings`. Times are in seconds, except
// for the keys that end in `_ms`. Benchmarks of one report follow each other on one clock.

#include <nlohmann/json.hpp>
#include <vector>

#include "trace/importers/importers.h"
#include "trace/importers/json_fields.h"
#include "trace/importers/measured.h"

namespace blis::trace {
namespace {

using nlohmann::json;

MeasuredRequest read_request(const json& r, const JsonPlace& place) {
  if (!r.is_object()) place.fail("is not an object");
  MeasuredRequest request;
  request.start_s =
      required_number(r,
                      {"request_start_time", "start_time", "info.timings.request_start",
                       "scheduler_info.request_timings.request_start"},
                      place);
  micros_of(request.start_s, place.at("request_start_time"));
  request.end_s = number_at(r,
                            {"request_end_time", "end_time", "info.timings.request_end",
                             "scheduler_info.request_timings.request_end"},
                            place);
  if (!request.end_s) {
    const auto latency_s = number_at(r, {"request_latency"}, place);
    if (latency_s) request.end_s = request.start_s + *latency_s;
  }
  request.first_token_s =
      number_at(r,
                {"first_token_time", "info.timings.first_token_iteration",
                 "info.timings.first_iteration", "scheduler_info.request_timings.first_iteration"},
                place);
  if (!request.first_token_s) {
    const auto ttft_ms = number_at(r, {"time_to_first_token_ms"}, place);
    if (ttft_ms) request.first_token_s = request.start_s + *ttft_ms / 1000;
  }
  for (const auto& time : {request.end_s, request.first_token_s}) {
    if (!time) continue;
    micros_of(*time, place);
    if (*time < request.start_s) place.fail("a time lies before the start of the request");
  }
  request.input_tokens = tokens_at(
      r, {"prompt_tokens", "input_metrics.text_tokens", "input_metrics.total_tokens"}, place);
  request.output_tokens = tokens_at(
      r, {"output_tokens", "output_metrics.text_tokens", "output_metrics.total_tokens"}, place);
  request.chunks = request.output_tokens;
  return request;
}

}  // namespace

void import_guidellm(const std::string& file, const RecordSink& sink, Diagnostics& diagnostics) {
  const json document = load_json(file);
  const JsonPlace root{file, 0, ""};
  if (!document.is_object()) root.fail("is not a JSON object");
  const json& benchmarks = array_at(document, "benchmarks", root);
  std::vector<MeasuredRequest> requests;
  for (std::size_t b = 0; b < benchmarks.size(); ++b) {
    const JsonPlace place = root.at("benchmarks").at(b).at("requests");
    if (!benchmarks[b].is_object() || !benchmarks[b].contains("requests") ||
        !benchmarks[b]["requests"].is_object()) {
      place.fail("is missing; was the report saved without its requests?");
    }
    const json& lists = benchmarks[b]["requests"];
    for (const char* outcome : {"successful", "incomplete", "errored"}) {
      if (!lists.contains(outcome) || lists[outcome].is_null()) continue;
      const json& list = array_at(lists, outcome, place);
      const bool succeeded = outcome == std::string_view("successful");
      for (std::size_t i = 0; i < list.size(); ++i) {
        const JsonPlace where = place.at(outcome).at(i);
        if (!succeeded && list[i].is_object() &&
            !number_at(list[i],
                       {"prompt_tokens", "input_metrics.text_tokens", "input_metrics.total_tokens"},
                       where)) {
          diagnostics.warn("requests that failed before they had a length are left out");
          continue;
        }
        MeasuredRequest request = read_request(list[i], where);
        request.cut_off = outcome == std::string_view("incomplete");
        if (outcome == std::string_view("errored")) request.error = "errored";
        requests.push_back(std::move(request));
      }
    }
  }
  emit_measured(std::move(requests), sink);
}

}  // namespace blis::trace
