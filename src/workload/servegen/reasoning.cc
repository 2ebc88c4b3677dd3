// Reasoning data: the best covered ten minutes, with a histogram of how much of each output is
// reasoning.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/number_text.h"
#include "random/random_stream.h"
#include "workload/servegen/cohorts.h"

namespace blis::workload::servegen {
namespace {

constexpr std::int64_t kWindowsPerDay = 144;

struct TraceFile {
  std::vector<TraceRow> rows;

  /// Rate of the first row at that second, 0 if there is none.
  double rate_at(std::int64_t second) const {
    const auto found = std::ranges::find_if(
        rows, [&](const TraceRow& row) { return row.start_second() == second; });
    return found == rows.end() ? 0.0 : found->rate_per_s;
  }
};

/// nullopt for a file that cannot be read: it just does not count.
std::optional<TraceFile> try_read_trace(const ChunkFiles& files, Diagnostics& diagnostics) {
  try {
    return TraceFile{read_trace(files.trace_path, diagnostics)};
  } catch (const DataError& error) {
    diagnostics.warn("ServeGen trace skipped", error.what());
    return std::nullopt;
  }
}

/// Start second of the ten minutes with the most active rows, the earliest of several.
std::int64_t best_window(const std::vector<std::optional<TraceFile>>& traces) {
  std::array<std::int64_t, kWindowsPerDay> coverage{};
  for (const auto& trace : traces) {
    if (!trace) continue;
    for (const TraceRow& row : trace->rows) {
      if (!(row.rate_per_s > 0)) continue;
      const std::int64_t index =
          truncate_to_int64(row.start_s / static_cast<double>(kWindowSeconds));
      if (index >= 0 && index < kWindowsPerDay) ++coverage[static_cast<std::size_t>(index)];
    }
  }
  const auto best = std::ranges::max_element(coverage);
  if (*best == 0)
    throw DataError("all windows have zero coverage: no trace row has a rate above 0");
  return (best - coverage.begin()) * kWindowSeconds;
}

struct Chunk {
  const ChunkFiles* files = nullptr;
  Dataset dataset;
  std::map<double, double> ratios;
  double rate_per_s = 0;  ///< at the best window
};

/// The histogram of the first window, by text of its key, that has a usable one.
std::optional<std::map<double, double>> first_ratios(const Dataset& dataset) {
  for (const auto& [key, window] : dataset) {
    const auto found = window.find("reason_ratio");
    if (found == window.end() || found->second.empty()) continue;
    try {
      return parse_ratio_histogram(found->second);
    } catch (const DataError&) {
      // The next window may be better.
    }
  }
  return std::nullopt;
}

std::vector<Chunk> load_chunks(const std::vector<ChunkFiles>& files,
                               const std::vector<std::optional<TraceFile>>& traces,
                               std::int64_t second, Diagnostics& diagnostics) {
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < files.size(); ++i) {
    Chunk chunk;
    chunk.files = &files[i];
    try {
      chunk.dataset = read_dataset(files[i].dataset_path);
    } catch (const DataError& error) {
      diagnostics.warn("ServeGen dataset skipped", error.what());
      continue;
    }
    auto ratios = first_ratios(chunk.dataset);
    if (!ratios) {
      diagnostics.warn("ServeGen dataset without usable reason_ratio skipped",
                       files[i].dataset_path);
      continue;
    }
    chunk.ratios = *std::move(ratios);
    chunk.rate_per_s = traces[i] ? traces[i]->rate_at(second) : 0.0;
    chunks.push_back(std::move(chunk));
  }
  if (chunks.empty()) throw DataError("no valid chunks: none has a usable reason_ratio");
  return chunks;
}

/// Mean histogram in whole percent, truncated: 0.29 becomes 28 [QUIRK, spec workload 25.1 item 12].
DistributionSpec average_ratios(const std::vector<Chunk>& chunks) {
  std::map<std::int64_t, double> sums;
  for (const Chunk& chunk : chunks) {
    for (const auto& [ratio, probability] : chunk.ratios) {
      sums[std::clamp<std::int64_t>(truncate_to_int64(ratio * 100), 0, 100)] += probability;
    }
  }
  DistributionSpec distribution;
  distribution.type = "empirical";
  for (const auto& [percent, sum] : sums) {
    distribution.params[std::to_string(percent)] = sum / static_cast<double>(chunks.size());
  }
  return distribution;
}

/// nullopt if no member has both histograms.
std::optional<LengthFit> fit_members(const std::vector<Chunk>& chunks,
                                     const std::vector<std::size_t>& members, std::int64_t second,
                                     Diagnostics& diagnostics) {
  FitSum input;
  FitSum output;
  for (const std::size_t member : members) {
    const std::string& path = chunks[member].files->dataset_path;
    LengthDataset lengths;
    try {
      lengths = parse_lengths(chunks[member].dataset, path, diagnostics);
    } catch (const DataError& error) {
      diagnostics.warn("ServeGen dataset skipped", error.what());
      continue;
    }
    const std::optional<DailyFits> fits = fit_same_second(lengths, second);
    if (!fits || fits->input.count() == 0 || fits->output.count() == 0) {
      diagnostics.warn("ServeGen dataset has no lengths at the chosen window", path);
      continue;
    }
    input.add(fits->input.over(fits->input.count()));
    output.add(fits->output.over(fits->output.count()));
  }
  if (input.count() == 0) return std::nullopt;
  return LengthFit{input.over(input.count()), output.over(output.count())};
}

}  // namespace

std::vector<CohortSpec> load_reasoning(const std::vector<ChunkFiles>& files,
                                       const ServegenDataSpec& data, std::int64_t seed,
                                       Diagnostics& diagnostics) {
  std::vector<std::optional<TraceFile>> traces;
  traces.reserve(files.size());
  for (const ChunkFiles& chunk : files) traces.push_back(try_read_trace(chunk, diagnostics));
  const std::int64_t second = best_window(traces);
  const std::vector<Chunk> chunks = load_chunks(files, traces, second, diagnostics);
  ReasoningSpec reasoning;
  reasoning.reason_ratio_distribution = average_ratios(chunks);
  reasoning.multi_turn = MultiTurnSpec{
      .max_rounds = 1, .think_time_us = 0, .context_growth = "", .single_session = false};

  // All traces count here, also those of skipped chunks.
  double total_rate_per_s = 0;
  for (const auto& trace : traces) total_rate_per_s += trace ? trace->rate_at(second) : 0.0;
  if (!(total_rate_per_s > 0)) {
    throw DataError(fmt::format("no active cohorts: the total rate at second {} is {}", second,
                                total_rate_per_s));
  }

  std::vector<std::size_t> order(chunks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  random::RandomStream stream(seed);
  stream.shuffle(order.size(),
                 [&](std::size_t i, std::size_t j) { std::swap(order[i], order[j]); });
  const auto classes = deal_to_classes(order);
  std::vector<CohortSpec> cohorts;
  for (const std::size_t position : classes_by_name()) {
    const std::vector<std::size_t>& members = classes[position];
    if (members.empty()) continue;
    const std::string id = fmt::format("reasoning-{}", kClasses[position]);
    double rate_per_s = 0;
    for (const std::size_t member : members) rate_per_s += chunks[member].rate_per_s;
    if (!(rate_per_s > 0)) {
      diagnostics.warn("ServeGen cohort without rate dropped", id);
      continue;
    }
    const std::optional<LengthFit> fit = fit_members(chunks, members, second, diagnostics);
    if (!fit) {
      diagnostics.warn("ServeGen cohort without lengths dropped", id);
      continue;
    }
    CohortSpec cohort =
        make_cohort(id, kClasses[position], members.size(), 0, window_us(data), rate_per_s);
    cohort.member.closed_loop = false;
    cohort.member.arrival.process = "poisson";
    cohort.member.input_distribution = lognormal_distribution(fit->input);
    cohort.member.output_distribution = lognormal_distribution(fit->output);
    cohort.member.reasoning = reasoning;
    cohorts.push_back(std::move(cohort));
  }
  return cohorts;
}

}  // namespace blis::workload::servegen
