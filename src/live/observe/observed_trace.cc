#include "live/observe/observed_trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/output_file.h"
#include "trace/itl_file.h"
#include "trace/trace_writer.h"

namespace blis::live {
namespace {

constexpr std::size_t kPortionBytes = 1024 * 1024;

void write_data(const std::string& path, const std::vector<ObservedRequest>& requests) {
  trace::TraceColumns columns;
  for (const ObservedRequest& request : requests) {
    columns.require_for(request.record, trace::kModeReal);
  }
  OutputFile file(path);
  trace::TraceWriter rows(columns);
  for (const ObservedRequest& request : requests) {
    rows.write(request.record);
    if (rows.text().size() < kPortionBytes) continue;
    file.append(rows.text());
    rows.clear();
  }
  file.append(rows.text());
  file.commit();
}

void write_all(const TraceFiles& files, const trace::TraceHeader& header,
               const std::vector<ObservedRequest>& requests) {
  // The rows first: they are what cannot be had again.
  write_data(files.data, requests);
  if (!files.itl.empty()) write_file(files.itl, trace::format_itl_file(chunk_times(requests)));
  write_file(files.header, trace::format_trace_header(header));
}

/// The same names in a new folder for temporary files.
TraceFiles elsewhere(const TraceFiles& files) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / fmt::format("blis-observe-{}", ::getpid());
  fs::create_directories(folder);
  const auto moved = [&](const std::string& path) {
    return path.empty() ? path : (folder / fs::path(path).filename()).string();
  };
  return {moved(files.header), moved(files.data), moved(files.itl)};
}

/// Where the measurements are, after the files could not be written.
std::string rescue(const TraceFiles& files, const trace::TraceHeader& header,
                   const std::vector<ObservedRequest>& requests, Journal& journal) {
  try {
    const TraceFiles other = elsewhere(files);
    write_all(other, header, requests);
    return fmt::format("the trace was written to {} instead",
                       std::filesystem::path(other.data).parent_path().string());
  } catch (const std::exception&) {  // no room there, either
    journal.flush();
  }
  const auto all = static_cast<std::int64_t>(requests.size());
  if (journal.path().empty()) return fmt::format("{} measured requests are lost", all);
  return fmt::format("{} of {} measured requests are in {}, the others are lost",
                     journal.rows_on_disk(), all, journal.path());
}

}  // namespace

trace::TraceColumns journal_columns(const workload::WorkloadSpec& spec) {
  const auto has_target = [](const auto& client) { return client.slo_target_us.value_or(0) > 0; };
  trace::TraceColumns columns;
  columns.vllm_priority = true;
  columns.x_request_id = true;
  columns.slo_target_us =
      std::any_of(spec.clients.begin(), spec.clients.end(), has_target) ||
      std::any_of(spec.cohorts.begin(), spec.cohorts.end(),
                  [&](const workload::CohortSpec& cohort) { return has_target(cohort.member); });
  return columns;
}

void write_observed_trace(const TraceFiles& files, const trace::TraceHeader& header,
                          const std::vector<ObservedRequest>& requests, Journal& journal) {
  try {
    write_all(files, header, requests);
  } catch (const ConfigError& error) {
    throw ConfigError(
        fmt::format("{}; {}", error.what(), rescue(files, header, requests, journal)));
  }
  journal.discard();
}

std::string default_itl_path(const std::string& data) {
  constexpr std::string_view kSuffix = ".csv";
  std::string_view stem = data;
  if (stem.ends_with(kSuffix)) stem.remove_suffix(kSuffix.size());
  return std::string(stem) + ".itl.csv";
}

std::string utc_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace blis::live
