#include "live/observe/observed_record.h"

namespace blis::live {

trace::TraceRecord observed_record(const request::RequestSpec& spec, const SymbolTable& symbols,
                                   const SentRequest& sent, const ExchangeResult& result) {
  const auto text = [&](Symbol symbol) { return std::string(symbols.text(symbol)); };
  trace::TraceRecord r;
  r.request_id = sent.index;
  r.client_id = text(spec.client);
  r.tenant_id = text(spec.tenant);
  r.slo_class = text(spec.slo_class);
  r.vllm_priority = sent.priority;
  r.session_id = text(spec.session);
  r.round_index = spec.round_index;
  r.prefix_group = text(spec.prefix_group);
  r.prefix_length = spec.prefix_tokens;
  r.input_tokens = spec.input_tokens - spec.prefix_tokens;
  if (r.input_tokens < 0) {
    r.input_tokens = spec.input_tokens;
    r.prefix_length = 0;
  }
  r.streaming = sent.streaming;
  r.output_tokens = result.completion_tokens;
  r.model = text(spec.model);
  r.deadline_us = spec.deadline.count();
  r.slo_target_us = spec.slo_target.count();
  r.server_input_tokens = result.prompt_tokens;
  r.arrival_time_us = spec.arrival.count();
  r.send_time_us = result.send_us;
  r.first_chunk_time_us = result.first_chunk_us;
  r.last_chunk_time_us = result.last_chunk_us;
  r.num_chunks = result.num_chunks;
  r.status = status_text(result.status);
  r.error_message = result.error_message;
  r.finish_reason = result.finish_reason;
  r.x_request_id = sent.x_request_id;
  return r;
}

void report_oddities(const ExchangeResult& result, bool streaming, std::int64_t max_tokens,
                     std::int64_t min_tokens, Diagnostics& diagnostics) {
  if (result.status != ExchangeStatus::kOk) return;
  const bool exact_length = max_tokens > 0 && max_tokens <= min_tokens;
  if (result.finish_reason == "length" && !exact_length) {
    diagnostics.warn("answers were cut off at max_tokens");
  } else if (result.finish_reason == "abort") {
    diagnostics.warn("answers were aborted by the server");
  } else if (result.finish_reason == "stop" && result.completion_tokens > 0 &&
             result.completion_tokens < min_tokens) {
    diagnostics.warn("answers stopped before min_tokens: the server does not keep to it");
  }
  if (!result.has_usage) {
    diagnostics.warn(streaming ? "streams had no usage: their token counts are recorded as 0"
                               : "answers had no usage: their token counts are recorded as 0");
  }
}

void shift_measured_times(ObservedRequest& request, std::int64_t offset_us) {
  trace::TraceRecord& r = request.record;
  r.send_time_us += offset_us;
  if (r.first_chunk_time_us != 0) r.first_chunk_time_us += offset_us;
  if (r.last_chunk_time_us != 0) r.last_chunk_time_us += offset_us;
  for (std::int64_t& time : request.chunk_times_us) time += offset_us;
}

std::vector<trace::ChunkTime> chunk_times(const std::vector<ObservedRequest>& requests) {
  std::vector<trace::ChunkTime> rows;
  for (const ObservedRequest& request : requests) {
    if (request.record.status != "ok") continue;
    std::int64_t index = 0;
    for (const std::int64_t time : request.chunk_times_us) {
      rows.push_back({request.record.request_id, index++, time});
    }
  }
  return rows;
}

}  // namespace blis::live
