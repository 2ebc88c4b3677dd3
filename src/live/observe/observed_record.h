// From a planned request and what came back to the row of the trace. SOURCE spec traces 8.4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "live/observe/exchange.h"
#include "request/request.h"
#include "trace/itl_file.h"
#include "trace/trace_record.h"

namespace blis::live {

/// What the client knows about a request besides its plan.
struct SentRequest {
  std::int64_t index = 0;     ///< in the order of sending, warm-up included
  std::int64_t priority = 0;  ///< as sent; 0 for requests without a class
  bool streaming = false;     ///< as sent
  std::string x_request_id{};
};

/// Times stay those of the run's clock.
trace::TraceRecord observed_record(const request::RequestSpec& spec, const SymbolTable& symbols,
                                   const SentRequest& sent, const ExchangeResult& result);

/// What people should look at in an answer that came: counted, not judged. SOURCE spec traces 8.3,
/// last paragraph.
void report_oddities(const ExchangeResult& result, bool streaming, std::int64_t max_tokens,
                     std::int64_t min_tokens, Diagnostics& diagnostics);

/// A recorded request with the times of its chunks, if these were asked for.
struct ObservedRequest {
  trace::TraceRecord record;
  std::vector<std::int64_t> chunk_times_us;
};

/// Adds `offset_us` to all times that were measured; the planned ones (arrival, deadline) stay.
/// With the start of the run since the epoch this is the clock of the reference's traces.
void shift_measured_times(ObservedRequest& request, std::int64_t offset_us);

/// Rows of the chunk-time file: successful requests only.
std::vector<trace::ChunkTime> chunk_times(const std::vector<ObservedRequest>& requests);

}  // namespace blis::live
