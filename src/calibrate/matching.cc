#include "calibrate/matching.h"

#include <algorithm>
#include <unordered_set>

#include "trace/itl_file.h"
#include "trace/trace_reader.h"

namespace blis::calibrate {
namespace {

bool is_excluded(const RealRow& row, std::int64_t warm_up_requests) {
  return row.request_id < warm_up_requests;
}

const SimResult* find(const SimResults& results, std::int64_t request_id) {
  const auto found = results.find(request_id);
  return found == results.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<RealRow> load_real_rows(const std::string& file) {
  trace::TraceReader reader(file);
  trace::TraceRecord record;
  std::vector<RealRow> rows;
  while (reader.next(record)) {
    rows.push_back({.request_id = record.request_id,
                    .input_tokens = record.server_input_tokens > 0 ? record.server_input_tokens
                                                                   : record.input_tokens,
                    .output_tokens = record.output_tokens,
                    .send_us = record.send_time_us,
                    .first_chunk_us = record.first_chunk_time_us,
                    .last_chunk_us = record.last_chunk_time_us,
                    .slo_class = record.slo_class,
                    .status = record.status});
  }
  return rows;
}

double Network::transfer_us(std::int64_t tokens) const {
  if (bandwidth_mbps <= 0) return 0;
  constexpr std::int64_t kBytesPerToken = 4;
  return static_cast<double>(tokens * kBytesPerToken) * 8 / (bandwidth_mbps * 1e6) * 1e6;
}

Matches match(const std::vector<RealRow>& rows, const SimResults& results,
              std::int64_t warm_up_requests, const Network& network) {
  Matches m;
  std::unordered_set<std::int64_t> used;
  for (const RealRow& row : rows) {
    if (is_excluded(row, warm_up_requests)) {
      ++m.excluded;
      continue;
    }
    const SimResult* sim = find(results, row.request_id);
    if (sim == nullptr) {
      ++m.unmatched_real;
      continue;
    }
    ++m.matched;
    used.insert(row.request_id);
    if (row.input_tokens != sim->input_tokens || row.output_tokens != sim->output_tokens) {
      ++m.token_mismatches;
    }
    // Failed requests have no chunk times and therefore drop out here; the status is not looked at.
    if (row.ttft_us() < 0 || row.e2e_us() < 0) {
      ++m.unmatched_real;
      continue;
    }
    const double up_us = network.transfer_us(sim->input_tokens);
    const double down_us = network.transfer_us(sim->output_tokens);
    const double real_ttft = static_cast<double>(row.ttft_us());
    const double real_e2e = static_cast<double>(row.e2e_us());
    const double sim_ttft = sim->ttft_us + network.rtt_us + up_us;
    const double sim_e2e = sim->e2e_us + network.rtt_us + up_us + down_us;
    m.ttft.add(real_ttft, sim_ttft);
    m.e2e.add(real_e2e, sim_e2e);
    if (!sim->slo_class.empty()) {
      m.ttft_by_class[sim->slo_class].add(real_ttft, sim_ttft);
      m.e2e_by_class[sim->slo_class].add(real_e2e, sim_e2e);
    }
    if (!sim->model.empty()) {
      m.ttft_by_model[sim->model].add(real_ttft, sim_ttft);
      m.e2e_by_model[sim->model].add(real_e2e, sim_e2e);
    }
  }
  m.unmatched_sim = static_cast<std::int64_t>(results.size() - used.size());
  return m;
}

ChunkGaps load_chunk_gaps(const std::string& file) {
  trace::ItlReader reader(file);
  trace::ChunkTime chunk;
  std::unordered_map<std::int64_t, std::vector<trace::ChunkTime>> chunks;
  while (reader.next(chunk)) chunks[chunk.request_id].push_back(chunk);

  ChunkGaps gaps;
  for (auto& [request_id, of_request] : chunks) {
    if (of_request.size() < 2) continue;
    std::ranges::stable_sort(of_request, {}, &trace::ChunkTime::chunk_index);
    std::vector<std::int64_t>& list = gaps[request_id];
    for (std::size_t i = 1; i < of_request.size(); ++i) {
      list.push_back(of_request[i].timestamp_us - of_request[i - 1].timestamp_us);
    }
  }
  return gaps;
}

ItlMatches match_itl(const std::vector<RealRow>& rows, const SimResults& results,
                     std::int64_t warm_up_requests, const ChunkGaps& gaps) {
  ItlMatches m;
  for (const RealRow& row : rows) {
    const SimResult* sim = find(results, row.request_id);
    const auto found = gaps.find(row.request_id);
    if (is_excluded(row, warm_up_requests) || sim == nullptr || found == gaps.end()) continue;
    double sum_us = 0;
    std::int64_t count = 0;
    for (const std::int64_t gap_us : found->second) {
      if (gap_us < 0) continue;
      sum_us += static_cast<double>(gap_us);
      ++count;
    }
    if (count == 0) {
      ++m.dropped;
      continue;
    }
    const double sim_itl_us =
        sim->output_tokens > 1
            ? (sim->e2e_us - sim->ttft_us) / static_cast<double>(sim->output_tokens - 1)
            : 0;
    m.itl.add(sum_us / static_cast<double>(count), sim_itl_us);
  }
  return m;
}

}  // namespace blis::calibrate
