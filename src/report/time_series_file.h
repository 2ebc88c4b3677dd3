// The file of --timeseries: one CSV row per interval of simulated time, written while the run goes
// on.
//
//   TimeSeriesFile file(path, cluster::gpu_types_of(config));
//   simulation.record_time_series(interval, file);
//   simulation.run();
//   file.commit();
//
// What each column means is said in docs/outputs.md.
#pragma once

#include <string>
#include <vector>

#include "base/csv.h"
#include "base/output_file.h"
#include "cluster/time_series.h"

namespace blis::report {

class TimeSeriesFile final : public cluster::TimeSeriesListener {
 public:
  /// Opens a temporary file beside `path`. THROWS ConfigError, as do the other members.
  TimeSeriesFile(const std::string& path, const std::vector<std::string>& gpu_types);

  /// COST  O(GPU types); memory does not grow with rows.
  void on_row(const cluster::TimeSeriesRow& row) override;
  /// Writes the rest and gives the file its name. Without it nothing stays.
  void commit();

 private:
  void write_percentiles(const std::vector<double>& sorted_us);
  void write_number(double value);
  void flush_if_full();

  OutputFile file_;
  CsvWriter csv_;
  std::string number_;
};

}  // namespace blis::report
