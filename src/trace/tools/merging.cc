#include "trace/tools/merging.h"

#include <fmt/format.h>

#include "base/error.h"
#include "trace/tools/rewrite.h"

namespace blis::trace {
namespace {

class Stream {
 public:
  explicit Stream(const MergeInput& input) : reader_(input.file), change_(input.change) {
    advance();
  }

  bool has_row() const { return has_row_; }
  TraceRecord& row() { return record_; }
  void advance() {
    do {
      has_row_ = reader_.next(record_);
    } while (has_row_ && !change_(record_, rows_++));
  }

 private:
  ArrivalReader reader_;
  std::function<bool(TraceRecord& record, std::int64_t row)> change_;
  TraceRecord record_;
  std::int64_t rows_ = 0;
  bool has_row_ = false;
};

}  // namespace

TraceColumns columns_of(const std::vector<MergeInput>& inputs) {
  TraceColumns columns;
  for (const MergeInput& input : inputs) {
    const TraceReader reader(input.file, TraceReader::Fields::kAsWritten);
    columns.vllm_priority |= reader.columns().vllm_priority;
    columns.slo_target_us |= reader.columns().slo_target_us;
    columns.x_request_id |= reader.columns().x_request_id;
    columns.adapter |= reader.columns().adapter;
    columns.think_time_us |= reader.columns().think_time_us;
  }
  return columns;
}

std::int64_t merge_rows(const std::vector<MergeInput>& inputs, TraceOutput& out) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (const MergeInput& input : inputs) streams.push_back(std::make_unique<Stream>(input));
  std::int64_t rows = 0;
  for (;;) {
    Stream* first = nullptr;
    for (const auto& stream : streams) {
      if (!stream->has_row()) continue;
      if (first == nullptr || stream->row().arrival_time_us < first->row().arrival_time_us) {
        first = stream.get();
      }
    }
    if (first == nullptr) return rows;
    first->row().request_id = rows++;
    out.write(first->row());
    first->advance();
  }
}

void merge_traces(const std::vector<std::string>& data_files, const std::string& header_file,
                  const std::string& output) {
  if (data_files.size() < 2) {
    throw ConfigError({.file = "", .line = 0, .key = "--trace-data"},
                      fmt::format("{} given; merging takes at least two", data_files.size()));
  }
  TraceHeader header;
  header.trace_version = kTraceVersion;
  header.time_unit = "microseconds";
  header.mode = kModeGenerated;
  if (!header_file.empty()) header = load_trace_header(header_file);
  header.warm_up_requests = 0;  // rows are numbered anew
  header.observed_kv_metrics.reset();

  std::vector<MergeInput> inputs;
  for (std::size_t i = 0; i < data_files.size(); ++i) {
    const std::string suffix = i == 0 ? "" : fmt::format("@{}", i);
    inputs.push_back({data_files[i], [suffix](TraceRecord& record, std::int64_t /*row*/) {
                        if (!record.session_id.empty()) record.session_id += suffix;
                        if (!record.prefix_group.empty()) record.prefix_group += suffix;
                        return true;
                      }});
  }
  TraceOutput out(output, columns_of(inputs));
  if (merge_rows(inputs, out) == 0) throw DataError("the traces have no rows");
  out.commit(header);
}

}  // namespace blis::trace
