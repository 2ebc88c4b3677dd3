// The files of a ServeGen data set: per chunk a CSV of rates over time and a JSON of length
// histograms.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"

namespace blis::workload::servegen {

inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr std::int64_t kWindowSeconds = 600;  ///< length of a row of a trace

/// Second of the day; `second` >= 0 in sane data, and as the reference's remainder otherwise.
inline std::int64_t second_of_day(std::int64_t second) { return second % kSecondsPerDay; }

struct ChunkFiles {
  std::string id;  ///< `<id>` of `chunk-<id>-trace.csv`
  std::string trace_path;
  std::string dataset_path;
};

/// The chunks of the data set in `folder`, ascending by the bytes of the trace's name.
/// THROWS DataError if there is none, or the folder cannot be read.
std::vector<ChunkFiles> list_chunks(const std::string& folder);

/// One row: what one group of users did from `start_s` on.
struct TraceRow {
  double start_s = 0;
  double rate_per_s = 0;
  double cv = 0;
  std::string pattern;
  double shape = 0;  ///< 0 = not given, as the scale
  double scale_s = 0;

  std::int64_t start_second() const;
};

/// Rows of a trace; records that are not rows (a header, short or non-numeric ones) are counted in
/// `diagnostics`. THROWS DataError with file and line for bad quoting and uneven records.
std::vector<TraceRow> read_trace(const std::string& path, Diagnostics& diagnostics);

/// One window of a dataset, still text: histogram name -> `{tokens: probability, ...}`.
using DatasetWindow = std::map<std::string, std::string>;
/// Windows by their key as written.
using Dataset = std::map<std::string, DatasetWindow>;

/// THROWS DataError naming the file if it cannot be read or is not an object of objects of strings.
Dataset read_dataset(const std::string& path);

/// Input and output histograms of one window.
struct LengthHistograms {
  std::map<std::int64_t, double> input;
  std::map<std::int64_t, double> output;
};
/// By start second. Windows without both histograms are left out.
using LengthDataset = std::map<std::int64_t, LengthHistograms>;

/// THROWS DataError for a histogram that is not one.
LengthDataset parse_lengths(const Dataset& dataset, const std::string& path,
                            Diagnostics& diagnostics);

/// The key that holds at second `s`: `s` itself, else the largest smaller one; nullopt if there is
/// none.
std::optional<std::int64_t> dataset_key_at(const LengthDataset& dataset, std::int64_t second);

}  // namespace blis::workload::servegen
