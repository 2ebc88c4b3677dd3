// Language and multimodal data: three periods of a day, in each of them one window of ten minutes,
// drawn by lot.

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "random/random_stream.h"
#include "workload/servegen/cohorts.h"
#include "workload/wrapping.h"

namespace blis::workload::servegen {
namespace {

struct Period {
  std::string_view name;
  std::int64_t base_s;
};
constexpr Period kPeriods[] = {{"midnight", 0}, {"morning", 28'800}, {"afternoon", 50'400}};
constexpr std::int64_t kWindowsPerPeriod = 3;

/// One ten-minute stretch of a chunk.
struct ChunkWindow {
  std::int64_t start_s = 0;
  double rate_per_s = 0;
  ArrivalSpec arrival;
};

struct Chunk {
  std::string path;
  LengthDataset lengths;
  std::vector<ChunkWindow> windows;

  template <typename Visit>
  void each_window_at(std::int64_t second, Visit visit) const {
    for (const ChunkWindow& window : windows) {
      if (second_of_day(window.start_s) == second) visit(window);
    }
  }
  bool has_window_at(std::int64_t second) const {
    return std::ranges::any_of(windows, [&](const ChunkWindow& window) {
      return second_of_day(window.start_s) == second;
    });
  }
};

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

ArrivalSpec row_arrival(const TraceRow& row) {
  ArrivalSpec arrival;
  arrival.process = lower_case(row.pattern);
  if (arrival.process != "gamma" && arrival.process != "weibull") {
    arrival.process = "poisson";
    return arrival;
  }
  if (row.cv > 0) arrival.cv = row.cv;
  if (row.shape > 0 && row.scale_s > 0) {
    arrival.shape = row.shape;
    arrival.scale = row.scale_s * 1e6;
  }
  return arrival;
}

Chunk load_chunk(const ChunkFiles& files, Diagnostics& diagnostics) {
  const std::vector<TraceRow> rows = read_trace(files.trace_path, diagnostics);
  Chunk chunk;
  chunk.path = files.dataset_path;
  chunk.lengths = parse_lengths(read_dataset(files.dataset_path), files.dataset_path, diagnostics);
  for (const TraceRow& row : rows) {
    if (!(row.rate_per_s > 0)) continue;
    const std::optional<std::int64_t> key = dataset_key_at(chunk.lengths, row.start_second());
    if (!key) continue;
    const LengthHistograms& histograms = chunk.lengths.at(*key);
    try {
      (void)fit_lognormal(histograms.input);
      (void)fit_lognormal(histograms.output);
    } catch (const DataError& error) {
      throw DataError(InputLocation{chunk.path, 0, std::to_string(*key)}, error.what());
    }
    chunk.windows.push_back({row.start_second(), row.rate_per_s, row_arrival(row)});
  }
  return chunk;
}

std::vector<Chunk> load_chunks(const std::vector<ChunkFiles>& files, Diagnostics& diagnostics) {
  std::vector<Chunk> chunks;
  for (const ChunkFiles& chunk_files : files) {
    Chunk chunk = load_chunk(chunk_files, diagnostics);
    if (chunk.windows.empty()) {
      diagnostics.warn("ServeGen chunk without usable windows ignored", chunk_files.trace_path);
    } else {
      chunks.push_back(std::move(chunk));
    }
  }
  if (chunks.empty()) {
    throw DataError("no valid chunks: no trace row has a rate above 0 and a dataset window");
  }
  return chunks;
}

/// The cohort's process: the majority of gamma and Weibull, with parameters averaged over all
/// matching windows, also those that have none [QUIRK, spec workload 25.1 item 12].
ArrivalSpec average_arrival(const std::vector<Chunk>& chunks,
                            const std::vector<std::size_t>& members, std::int64_t second) {
  double cv = 0;
  double shape = 0;
  double scale = 0;
  std::int64_t count = 0;
  std::int64_t gammas = 0;
  std::int64_t weibulls = 0;
  for (const std::size_t member : members) {
    chunks[member].each_window_at(second, [&](const ChunkWindow& window) {
      cv += window.arrival.cv.value_or(0);
      shape += window.arrival.shape.value_or(0);
      scale += window.arrival.scale.value_or(0);
      ++count;
      if (window.arrival.process == "gamma") ++gammas;
      if (window.arrival.process == "weibull") ++weibulls;
    });
  }
  ArrivalSpec arrival;
  if (count == 0) return arrival;
  arrival.process = weibulls > gammas ? "weibull" : "gamma";
  arrival.cv = cv / static_cast<double>(count);
  arrival.shape = shape / static_cast<double>(count);
  arrival.scale = scale / static_cast<double>(count);
  return arrival;
}

DistributionSpec fallback_distribution(double mean, double std_dev) {
  DistributionSpec distribution;
  distribution.type = "gaussian";
  distribution.params = {{"mean", mean}, {"std_dev", std_dev}, {"min", 1}, {"max", 32768}};
  return distribution;
}

/// Lengths and total rate of the chunks `members` at `second`.
struct CohortTotals {
  FitSum input;
  FitSum output;
  double rate_per_s = 0;
};

CohortTotals sum_chunks(const std::vector<Chunk>& chunks, const std::vector<std::size_t>& members,
                        std::int64_t second, Diagnostics& diagnostics) {
  CohortTotals totals;
  for (const std::size_t member : members) {
    const Chunk& chunk = chunks[member];
    const std::optional<DailyFits> fits = fit_same_second(chunk.lengths, second);
    if (!fits) {
      diagnostics.warn("ServeGen chunk has no dataset at the chosen window; its rate is dropped",
                       chunk.path);
      continue;
    }
    if (const std::int64_t n = fits->output.count(); n > 0) {
      totals.input.add(fits->input.over(n));
      totals.output.add(fits->output.over(n));
    }
    double rate = 0;
    std::int64_t windows = 0;
    chunk.each_window_at(second, [&](const ChunkWindow& window) {
      rate += window.rate_per_s;
      ++windows;
    });
    if (windows > 0) totals.rate_per_s += rate / static_cast<double>(windows);
  }
  return totals;
}

}  // namespace

std::vector<CohortSpec> load_periods(const std::vector<ChunkFiles>& files,
                                     const ServegenDataSpec& data, std::int64_t seed,
                                     Diagnostics& diagnostics) {
  const std::vector<Chunk> chunks = load_chunks(files, diagnostics);
  random::RandomStream stream(seed);
  std::array<std::int64_t, std::size(kPeriods)> seconds{};
  for (std::size_t p = 0; p < seconds.size(); ++p) {
    seconds[p] = kPeriods[p].base_s + kWindowSeconds * stream.intn(kWindowsPerPeriod);
  }

  std::vector<CohortSpec> cohorts;
  for (std::size_t p = 0; p < seconds.size(); ++p) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (chunks[i].has_window_at(seconds[p])) order.push_back(i);
    }
    if (order.empty()) continue;
    stream.shuffle(order.size(),
                   [&](std::size_t i, std::size_t j) { std::swap(order[i], order[j]); });
    const auto classes = deal_to_classes(order);
    for (const std::size_t position : classes_by_name()) {
      const std::vector<std::size_t>& members = classes[position];
      if (members.empty()) continue;
      const std::string id = fmt::format("{}-{}", kPeriods[p].name, kClasses[position]);
      const CohortTotals totals = sum_chunks(chunks, members, seconds[p], diagnostics);
      if (!(totals.rate_per_s > 0)) {
        diagnostics.warn("ServeGen cohort without rate dropped", id);
        continue;
      }
      const std::int64_t start_us = wrapping_multiply(
          static_cast<std::int64_t>(p), wrapping_add(window_us(data), drain_us(data)));
      CohortSpec cohort = make_cohort(id, kClasses[position], members.size(), start_us,
                                      window_us(data), totals.rate_per_s);
      cohort.member.arrival = average_arrival(chunks, members, seconds[p]);
      if (const std::int64_t n = totals.input.count(); n > 0) {
        cohort.member.input_distribution = lognormal_distribution(totals.input.over(n));
        cohort.member.output_distribution = lognormal_distribution(totals.output.over(n));
      } else {
        cohort.member.input_distribution = fallback_distribution(512, 128);
        cohort.member.output_distribution = fallback_distribution(128, 32);
      }
      cohorts.push_back(std::move(cohort));
    }
  }
  return cohorts;
}

}  // namespace blis::workload::servegen
