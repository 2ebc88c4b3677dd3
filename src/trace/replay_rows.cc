#include "trace/replay_rows.h"

#include <fmt/format.h>

#include "base/error.h"
#include "trace/trace_reader.h"

namespace blis::trace {
namespace {

void require_plausible(std::int64_t tokens, const char* column, const std::string& file, int line) {
  if (tokens <= kMaxRowTokens) return;
  throw DataError({.file = file, .line = line, .key = column},
                  fmt::format("{} tokens; a replayed request can have {}", tokens, kMaxRowTokens));
}

}  // namespace

ReplayRow make_replay_row(const TraceRecord& record, const std::string& file, int line,
                          SymbolTable& symbols) {
  require_plausible(record.prefix_length, "prefix_length", file, line);
  require_plausible(record.input_tokens, "input_tokens", file, line);
  require_plausible(record.output_tokens, "output_tokens", file, line);
  require_plausible(record.server_input_tokens, "server_input_tokens", file, line);
  ReplayRow row;
  request::RequestSpec& spec = row.spec;
  spec.name.number = record.request_id;
  spec.arrival = Micros(record.injection_time_us());
  spec.deadline = Micros(record.deadline_us);
  spec.slo_target = Micros(record.slo_target_us);
  spec.output_tokens = record.output_tokens;
  spec.max_output_tokens = record.output_tokens;
  spec.client = symbols.intern(record.client_id);
  spec.tenant = symbols.intern(record.tenant_id);
  spec.slo_class = symbols.intern(record.slo_class);
  spec.model = symbols.intern(record.model);
  spec.adapter = symbols.intern(record.adapter);
  spec.session = symbols.intern(record.session_id);
  spec.prefix_group = symbols.intern(record.prefix_group);
  spec.round_index = static_cast<std::int32_t>(record.round_index);
  spec.prefix_tokens = record.prefix_length;
  spec.text_tokens = record.text_tokens;
  spec.image_tokens = record.image_tokens;
  spec.audio_tokens = record.audio_tokens;
  spec.video_tokens = record.video_tokens;
  spec.reason_ratio = record.reason_ratio;
  spec.streaming = record.streaming;

  // The server's own count is better, but it includes a shared prefix, which is added separately.
  const bool server_count_fits = record.server_input_tokens > 0 && record.prefix_group.empty();
  row.fresh_input = server_count_fits ? record.server_input_tokens : record.input_tokens;
  row.prefix_length = record.prefix_length;
  row.arrival_time_us = record.arrival_time_us;
  row.think_time_us = record.think_time_us;
  row.line = line;
  return row;
}

void RepeatedIds::look_at(std::int64_t request_id, int line) {
  constexpr std::size_t kMostIntervals = 1 << 20;
  if (ids_.intervals() > kMostIntervals || ids_.insert(request_id)) return;
  if (rows_++ == 0) first_line_ = line;
}

void RepeatedIds::report(const std::string& file, Diagnostics& diagnostics) const {
  if (rows_ == 0) return;
  diagnostics.warn("rows repeat a request_id; results are kept by id, one for each",
                   fmt::format("{}:{}: the first of {}", file, first_line_, rows_));
}

std::vector<ReplayRow> load_replay_rows(const std::string& file, SymbolTable& symbols,
                                        Diagnostics& diagnostics) {
  TraceReader reader(file);
  std::vector<ReplayRow> rows;
  RepeatedIds ids;
  TraceRecord record;
  while (reader.next(record)) {
    rows.push_back(make_replay_row(record, file, reader.line(), symbols));
    ids.look_at(record.request_id, reader.line());
  }
  if (rows.empty()) throw DataError({.file = file, .line = 0, .key = ""}, "empty trace");
  ids.report(file, diagnostics);
  return rows;
}

}  // namespace blis::trace
