#include "trace/replay_rows.h"

#include <fmt/format.h>

#include "base/error.h"
#include "trace/row_mistakes.h"
#include "trace/trace_reader.h"

namespace blis::trace {
namespace {

struct TokenColumn {
  const char* name;
  std::int64_t TraceRecord::*tokens;
};

constexpr TokenColumn kReplayedTokens[] = {
    {"prefix_length", &TraceRecord::prefix_length},
    {"input_tokens", &TraceRecord::input_tokens},
    {"output_tokens", &TraceRecord::output_tokens},
    {"server_input_tokens", &TraceRecord::server_input_tokens},
};

}  // namespace

void check_row_tokens(const TraceRecord& record, const std::string& file, int line) {
  RowMistakes mistakes;
  for (const TokenColumn& column : kReplayedTokens) {
    const std::int64_t tokens = record.*column.tokens;
    if (tokens <= kMaxRowTokens) continue;
    mistakes.add({.file = file, .line = line, .key = column.name},
                 fmt::format("{} tokens; a replayed request can have {}", tokens, kMaxRowTokens));
  }
  mistakes.throw_if_any();
}

ReplayRow make_replay_row(const TraceRecord& record, const std::string& file, int line,
                          SymbolTable& symbols) {
  check_row_tokens(record, file, line);
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
  if (has_given_up() || ids_.insert(request_id)) return;
  if (rows_++ == 0) first_line_ = line;
}

void RepeatedIds::report(const std::string& file, Diagnostics& diagnostics) const {
  if (rows_ == 0) return;
  diagnostics.warn("rows repeat a request_id; results are kept by id, one for each",
                   fmt::format("{}:{}: the first of {}", file, first_line_, rows_));
}

ReplayRows load_replay_rows(const std::string& file, SymbolTable& symbols,
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
  return {.rows = std::move(rows), .ids_differ = ids.all_differ()};
}

}  // namespace blis::trace
