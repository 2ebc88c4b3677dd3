#include "trace/trace_writer.h"

#include "base/number_text.h"

namespace blis::trace {

void TraceColumns::require_for(const TraceRecord& record, std::string_view mode) {
  const bool is_real = mode == kModeReal;
  vllm_priority |= record.vllm_priority != 0 || (is_real && !record.slo_class.empty());
  slo_target_us |= record.slo_target_us > 0;
  x_request_id |= is_real && !record.x_request_id.empty();
  adapter |= !record.adapter.empty();
  think_time_us |= record.think_time_us != 0;
}

TraceWriter::TraceWriter(const TraceColumns& columns) : columns_(columns) {
  for (const char* name : {"request_id", "client_id", "tenant_id", "slo_class"}) csv_.field(name);
  if (columns_.vllm_priority) csv_.field("vllm_priority");
  for (const char* name :
       {"session_id", "round_index", "prefix_group", "prefix_length", "streaming", "input_tokens",
        "output_tokens", "text_tokens", "image_tokens", "audio_tokens", "video_tokens",
        "reason_ratio", "model", "deadline_us"}) {
    csv_.field(name);
  }
  if (columns_.slo_target_us) csv_.field("slo_target_us");
  for (const char* name :
       {"server_input_tokens", "arrival_time_us", "send_time_us", "first_chunk_time_us",
        "last_chunk_time_us", "num_chunks", "status", "error_message", "finish_reason"}) {
    csv_.field(name);
  }
  if (columns_.x_request_id) csv_.field("x_request_id");
  if (columns_.adapter) csv_.field("adapter");
  if (columns_.think_time_us) csv_.field("think_time_us");
  csv_.end_row();
}

void TraceWriter::write(const TraceRecord& r) {
  csv_.field(r.request_id);
  csv_.field(r.client_id);
  csv_.field(r.tenant_id);
  csv_.field(r.slo_class);
  if (columns_.vllm_priority) csv_.field(r.vllm_priority);
  csv_.field(r.session_id);
  csv_.field(r.round_index);
  csv_.field(r.prefix_group);
  csv_.field(r.prefix_length);
  csv_.field(r.streaming ? "true" : "false");
  csv_.field(r.input_tokens);
  csv_.field(r.output_tokens);
  csv_.field(r.text_tokens);
  csv_.field(r.image_tokens);
  csv_.field(r.audio_tokens);
  csv_.field(r.video_tokens);
  csv_.field(format_fixed_number(r.reason_ratio));
  csv_.field(r.model);
  csv_.field(r.deadline_us);
  if (columns_.slo_target_us) csv_.field(r.slo_target_us);
  csv_.field(r.server_input_tokens);
  csv_.field(r.arrival_time_us);
  csv_.field(r.send_time_us);
  csv_.field(r.first_chunk_time_us);
  csv_.field(r.last_chunk_time_us);
  csv_.field(r.num_chunks);
  csv_.field(r.status);
  csv_.field(r.error_message);
  csv_.field(r.finish_reason);
  if (columns_.x_request_id) csv_.field(r.x_request_id);
  if (columns_.adapter) csv_.field(r.adapter);
  if (columns_.think_time_us) csv_.field(r.think_time_us);
  csv_.end_row();
}

}  // namespace blis::trace
