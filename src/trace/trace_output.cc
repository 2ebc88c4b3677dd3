#include "trace/trace_output.h"

#include <cstddef>
#include <string_view>

namespace blis::trace {
namespace {

constexpr std::size_t kPortionBytes = std::size_t{1} << 20;

}  // namespace

TraceFiles trace_files(const std::string& name) {
  for (const std::string_view ending : {".csv.gz", ".csv.zst"}) {
    if (name.ends_with(ending)) {
      return {.header = name.substr(0, name.size() - ending.size()) + ".yaml", .data = name};
    }
  }
  return {.header = name + ".yaml", .data = name + ".csv"};
}

TraceOutput::TraceOutput(const std::string& name, const TraceColumns& columns)
    : files_(trace_files(name)), data_(files_.data), rows_(columns) {}

void TraceOutput::write(const TraceRecord& record) {
  rows_.write(record);
  if (rows_.text().size() < kPortionBytes) return;
  data_.append(rows_.text());
  rows_.clear();
}

void TraceOutput::commit(const TraceHeader& header) {
  data_.append(rows_.text());
  rows_.clear();
  write_file(files_.header, format_trace_header(header));
  data_.commit();
}

}  // namespace blis::trace
