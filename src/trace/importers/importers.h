// Public traces, and results of other load generators, as TraceV2.
//
// An importer reads one file and hands over its requests one after the other, in the order of the
// file, with times that begin at 0. What a format does not hold stays 0 or empty. To add one: a .cc
// file, a row in importers.def, a test, a fuzzer, a row in docs/traces.md.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "trace/trace_record.h"

namespace blis::trace {

/// Takes the next request; numbers it. The record is the importer's to reuse.
using RecordSink = std::function<void(TraceRecord& record)>;

/// Reads `file`. THROWS DataError with file, line (row) and column or key of what cannot be used.
using ImportFunction = void(const std::string& file, const RecordSink& sink,
                            Diagnostics& diagnostics);

struct ImporterEntry {
  std::string_view name;  ///< as typed after `blis convert`
  bool measured;          ///< holds latencies of a real server: the mode of the trace is `real`
  ImportFunction* import;
  std::string_view help;  ///< one line
};

std::span<const ImporterEntry> importer_entries();          ///< ascending by name
const ImporterEntry* find_importer(std::string_view name);  ///< nullptr if there is none

/// Writes what `entry` reads from `file` as the trace `output` (see trace_files()). THROWS also
/// DataError if there is no request, ConfigError if the trace cannot be written.
void import_trace(const ImporterEntry& entry, const std::string& file, const std::string& output,
                  Diagnostics& diagnostics);

}  // namespace blis::trace
