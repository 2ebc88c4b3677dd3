#include "trace/importers/importers.h"

#include <algorithm>

#include "base/error.h"
#include "trace/trace_output.h"

namespace blis::trace {

#define BLIS_IMPORTER(name, measured, function, help) ImportFunction function;
#include "trace/importers/importers.def"
#undef BLIS_IMPORTER

namespace {

constexpr ImporterEntry kEntries[] = {
#define BLIS_IMPORTER(name, measured, function, help) {name, measured, function, help},
#include "trace/importers/importers.def"
#undef BLIS_IMPORTER
};
static_assert(std::ranges::is_sorted(kEntries, {}, &ImporterEntry::name));

}  // namespace

std::span<const ImporterEntry> importer_entries() { return kEntries; }

const ImporterEntry* find_importer(std::string_view name) {
  const auto* const found = std::ranges::find(kEntries, name, &ImporterEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

void import_trace(const ImporterEntry& entry, const std::string& file, const std::string& output,
                  Diagnostics& diagnostics) {
  TraceOutput out(output, {});
  std::int64_t rows = 0;
  entry.import(
      file,
      [&](TraceRecord& record) {
        record.request_id = rows++;
        out.write(record);
      },
      diagnostics);
  if (rows == 0) throw DataError({.file = file, .line = 0, .key = ""}, "holds no requests");
  TraceHeader header;
  header.trace_version = kTraceVersion;
  header.time_unit = "microseconds";
  header.mode = entry.measured ? kModeReal : kModeGenerated;
  out.commit(header);
}

}  // namespace blis::trace
