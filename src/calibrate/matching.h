// Which row of the trace belongs to which simulated request. SOURCE spec traces 10.1-10.2.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "calibrate/comparison.h"
#include "calibrate/sim_results.h"
#include "trace/trace_record.h"

namespace blis::calibrate {

/// What calibration needs of a row of the trace.
struct RealRow {
  std::int64_t request_id = 0;
  std::int64_t input_tokens = 0;  ///< as the server counted, if it did
  std::int64_t output_tokens = 0;
  std::int64_t send_us = 0;
  std::int64_t first_chunk_us = 0;
  std::int64_t last_chunk_us = 0;
  std::string slo_class{};
  std::string status{};

  std::int64_t ttft_us() const { return first_chunk_us - send_us; }
  std::int64_t e2e_us() const { return last_chunk_us - send_us; }
};

/// THROWS DataError, see trace::TraceReader.
std::vector<RealRow> load_real_rows(const std::string& file);

/// How the network between client and server adds to simulated latencies.
struct Network {
  double rtt_us = 0;
  double bandwidth_mbps = 0;  ///< 0 or less: transfers take no time

  /// Time to transfer `tokens` tokens of four bytes, in us.
  double transfer_us(std::int64_t tokens) const;
};

/// Latencies of matched requests in order of the trace, us.
struct Matches {
  std::int64_t matched = 0;  ///< [QUIRK] counts pairs that are left out for negative latencies, too
  std::int64_t excluded = 0;
  std::int64_t unmatched_real = 0;
  std::int64_t unmatched_sim = 0;
  std::int64_t token_mismatches = 0;
  PairedValues ttft{};
  PairedValues e2e{};
  std::map<std::string, PairedValues> ttft_by_class{}, e2e_by_class{};
  std::map<std::string, PairedValues> ttft_by_model{}, e2e_by_model{};
};

/// Leaves out rows with an id below `warm_up_requests`.
Matches match(const std::vector<RealRow>& rows, const SimResults& results,
              std::int64_t warm_up_requests, const Network& network);

/// Gaps between the chunks of each request, us, in order of chunks.
using ChunkGaps = std::unordered_map<std::int64_t, std::vector<std::int64_t>>;

/// Requests with at least two chunks. THROWS DataError, see trace::ItlReader.
ChunkGaps load_chunk_gaps(const std::string& file);

struct ItlMatches {
  PairedValues itl{};        ///< mean gap of each request, us
  std::int64_t dropped = 0;  ///< requests with chunks and without a gap that counts
};

/// Rows that are not excluded and have a result and at least two chunks.
ItlMatches match_itl(const std::vector<RealRow>& rows, const SimResults& results,
                     std::int64_t warm_up_requests, const ChunkGaps& gaps);

}  // namespace blis::calibrate
