// Per-request results of inference-perf (per_request_lifecycle_metrics.json): a list of objects
// with start_time and end_time in seconds of one clock, info {input_tokens, output_tokens,
// output_token_times}, and error, which is null or {error_type, error_msg}. The texts of request
// and response are not read.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "trace/importers/importers.h"
#include "trace/importers/json_fields.h"
#include "trace/importers/measured.h"

namespace blis::trace {
namespace {

using nlohmann::json;

std::string error_of(const json& r) {
  const auto error = r.find("error");
  if (error == r.end() || error->is_null()) return "";
  if (error->is_string()) return error->get<std::string>();
  std::string text;
  for (const char* key : {"error_type", "error_msg"}) {
    if (!error->is_object() || !error->contains(key) || !(*error)[key].is_string()) continue;
    text += (text.empty() ? "" : ": ") + (*error)[key].get<std::string>();
  }
  return text.empty() ? "error" : text;
}

MeasuredRequest read_request(const json& r, const JsonPlace& place) {
  if (!r.is_object()) place.fail("is not an object");
  MeasuredRequest request;
  request.start_s = required_number(r, {"start_time"}, place);
  request.end_s = required_number(r, {"end_time"}, place);
  micros_of(request.start_s, place.at("start_time"));
  micros_of(*request.end_s, place.at("end_time"));
  if (*request.end_s < request.start_s) place.at("end_time").fail("lies before start_time");
  request.error = error_of(r);
  request.input_tokens = tokens_at(r, {"info.input_tokens"}, place);
  request.output_tokens = tokens_at(r, {"info.output_tokens"}, place);
  const auto info = r.find("info");
  if (info != r.end() && info->contains("output_token_times") &&
      !(*info)["output_token_times"].is_null()) {
    const JsonPlace where = place.at("info");
    const json& times = array_at(*info, "output_token_times", where);
    request.chunks = static_cast<std::int64_t>(times.size());
    if (!times.empty()) {
      if (!times[0].is_number()) where.at("output_token_times").at(0).fail("is not a number");
      request.first_token_s = times[0].get<double>();
      micros_of(*request.first_token_s, where.at("output_token_times").at(0));
      if (*request.first_token_s < request.start_s) {
        where.at("output_token_times").at(0).fail("lies before start_time");
      }
    }
  }
  return request;
}

}  // namespace

void import_inference_perf_results(const std::string& file, const RecordSink& sink,
                                   Diagnostics& /*diagnostics*/) {
  const json document = load_json(file);
  const JsonPlace root{file, 0, ""};
  if (!document.is_array()) root.fail("is not a list of requests");
  std::vector<MeasuredRequest> requests;
  for (std::size_t i = 0; i < document.size(); ++i) {
    requests.push_back(read_request(document[i], root.at(i)));
  }
  emit_measured(std::move(requests), sink);
}

}  // namespace blis::trace
