// BurstGPT: a CSV of Timestamp (s), Model, Request tokens, Response tokens, Total tokens, Log Type,
// and from v1.2 on Session ID and Elapsed time. No response tokens means that the request failed;
// such rows are left out and counted.

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/number_text.h"
#include "trace/importers/csv_columns.h"
#include "trace/importers/importers.h"

namespace blis::trace {

void import_burstgpt(const std::string& file, const RecordSink& sink, Diagnostics& diagnostics) {
  enum Column : std::size_t { kTime, kModel, kInput, kOutput, kLogType, kSession };
  constexpr double kMaxSeconds = 1e10;
  CsvColumns csv(file, {"Timestamp", "Model", "Request tokens", "Response tokens"},
                 {"Log Type", "Session ID"});
  std::optional<double> first_s;
  std::unordered_map<std::string, std::int64_t> rounds;
  while (csv.next()) {
    const std::string_view text = *csv.field(kTime);
    const std::optional<double> time_s = parse_flag_double(text);
    if (!time_s || !(*time_s >= 0 && *time_s <= kMaxSeconds)) {
      csv.fail(kTime, fmt::format("\"{}\" is not a number of seconds of at least 0", text));
    }
    if (!first_s) first_s = time_s;
    if (*time_s < *first_s) {
      csv.fail(kTime, fmt::format("{} lies before the first row of the file", text));
    }
    TraceRecord record;
    record.arrival_time_us = std::llround((*time_s - *first_s) * 1e6);
    record.send_time_us = record.arrival_time_us;
    record.input_tokens = csv.tokens(kInput);
    record.output_tokens = csv.tokens(kOutput);
    if (record.output_tokens == 0) {
      diagnostics.warn("requests without response tokens failed and are left out");
      continue;
    }
    record.text_tokens = record.input_tokens;
    record.client_id = *csv.field(kModel);  // a tag of the row; a model name would steer routing
    record.tenant_id = csv.field(kLogType).value_or("");
    record.session_id = csv.field(kSession).value_or("");
    if (!record.session_id.empty()) record.round_index = rounds[record.session_id]++;
    record.status = "ok";
    sink(record);
  }
}

}  // namespace blis::trace
