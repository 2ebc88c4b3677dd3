#include "trace/importers/measured.h"

#include <cmath>

namespace blis::trace {

void emit_measured(std::vector<MeasuredRequest> requests, const RecordSink& sink) {
  std::ranges::stable_sort(requests, {}, &MeasuredRequest::start_s);
  for (const MeasuredRequest& request : requests) {
    const auto micros = [&](double time_s) {
      return std::llround((time_s - requests.front().start_s) * 1e6);
    };
    TraceRecord record;
    record.arrival_time_us = micros(request.start_s);
    record.send_time_us = record.arrival_time_us;
    record.input_tokens = request.input_tokens;
    record.text_tokens = request.input_tokens;
    record.output_tokens = request.output_tokens;
    record.status = request.error.empty() ? "ok" : "error";
    if (request.cut_off) record.status = "incomplete";
    record.error_message = request.error;
    if (record.status == "ok" && request.end_s) {
      record.streaming = request.first_token_s.has_value();
      record.first_chunk_time_us = micros(request.first_token_s.value_or(*request.end_s));
      record.last_chunk_time_us = micros(*request.end_s);
      record.num_chunks = request.chunks;
    }
    sink(record);
  }
}

}  // namespace blis::trace
