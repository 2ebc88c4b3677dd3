#include "report/trace_export.h"

#include "base/check.h"
#include "trace/trace_output.h"

namespace blis::report {
namespace {

using request::Request;
using request::RequestSpec;
using trace::TraceRecord;

std::string_view status_of(request::RequestState state) {
  switch (state) {
    case request::RequestState::kCompleted:
      return "ok";
    case request::RequestState::kTimedOut:
      return "timeout";
    case request::RequestState::kQueued:
    case request::RequestState::kRunning:
    case request::RequestState::kWaitingForRemoteKvs:
      return "incomplete";
  }
  return "incomplete";
}

// One request to be exported; `request` is nullptr if it never arrived.
struct Exported {
  const RequestSpec* spec = nullptr;
  const Request* request = nullptr;
};

void fill_record(TraceRecord& r, std::size_t number, const Exported& exported,
                 const SymbolTable& symbols) {
  const RequestSpec& spec = *exported.spec;
  r.request_id = static_cast<std::int64_t>(number);
  r.client_id = symbols.text(spec.client);
  r.tenant_id = symbols.text(spec.tenant);
  r.slo_class = symbols.text(spec.slo_class);
  r.session_id = symbols.text(spec.session);
  r.round_index = spec.round_index;
  r.prefix_group = symbols.text(spec.prefix_group);
  const bool prefix_fits = spec.input_tokens >= spec.prefix_tokens;
  r.prefix_length = prefix_fits ? spec.prefix_tokens : 0;
  r.input_tokens = spec.input_tokens - r.prefix_length;
  r.streaming = spec.streaming;
  r.output_tokens = spec.output_tokens;
  r.text_tokens = spec.text_tokens;
  r.image_tokens = spec.image_tokens;
  r.audio_tokens = spec.audio_tokens;
  r.video_tokens = spec.video_tokens;
  r.reason_ratio = spec.reason_ratio;
  r.model = symbols.text(spec.model);
  r.deadline_us = spec.deadline.count();
  r.slo_target_us = spec.slo_target.count();
  r.arrival_time_us = spec.arrival.count();
  r.send_time_us = spec.arrival.count();
  r.adapter = symbols.text(spec.adapter);

  r.first_chunk_time_us = 0;
  r.last_chunk_time_us = 0;
  r.status = "incomplete";
  if (exported.request == nullptr) return;
  r.status = status_of(exported.request->state);
  // A preemption takes the first token back. The post-decode overhead of the E2E metric is not part
  // of a trace.
  if (exported.request->ttft_set) {
    const Micros first = spec.arrival + exported.request->first_token;
    r.first_chunk_time_us = first.count();
    r.last_chunk_time_us = (first + exported.request->measured.itl_sum).count();
  }
}

void write_trace(const std::string& prefix, const trace::TraceHeader& header,
                 const std::vector<Exported>& requests, const SymbolTable& symbols) {
  TraceRecord record;
  trace::TraceColumns columns;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    fill_record(record, i, requests[i], symbols);
    columns.require_for(record, header.mode);
  }

  trace::TraceOutput out(prefix, columns);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    fill_record(record, i, requests[i], symbols);
    out.write(record);
  }
  out.commit(header);
}

}  // namespace

void write_run_trace(const std::string& prefix, const trace::TraceHeader& header,
                     const cluster::SimulationResult& result) {
  std::vector<Exported> requests;
  requests.reserve(result.arrivals.size());
  for (const RequestId id : result.arrivals) {
    const Request& request = (*result.requests)[id];
    requests.push_back({&request.spec, &request});
  }
  write_trace(prefix, header, requests, *result.symbols);
}

void write_replay_trace(const std::string& prefix, const trace::TraceHeader& header,
                        const cluster::SimulationResult& result,
                        const trace::ReplaySource& source) {
  std::vector<Exported> requests;
  requests.reserve(source.built().size());
  for (const RequestSpec& spec : source.built()) requests.push_back({&spec, nullptr});

  // Arrival events fire by time and then in the order in which the source gave the requests, so
  // those that arrived are the first ones it gave.
  std::size_t given = 0;
  for (const RequestId id : result.arrivals) {
    const Request& request = (*result.requests)[id];
    if (!request.spec.name.session.is_none()) continue;  // a follow-up
    BLIS_CHECK(given < requests.size(), "{} arrivals of {} replayed requests", given + 1,
               requests.size());
    Exported& exported = requests[source.arrival_order()[given++]];
    BLIS_CHECK(exported.spec->name == request.spec.name, "replayed requests arrive in order");
    exported.request = &request;
  }
  write_trace(prefix, header, requests, *result.symbols);
}

}  // namespace blis::report
