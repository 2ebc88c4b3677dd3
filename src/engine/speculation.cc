#include "engine/speculation.h"

#include <fmt/format.h>

#include <algorithm>

namespace blis::engine {

void SpeculationCounts::add(const SpeculationCounts& other) {
  drafts += other.drafts;
  draft_tokens += other.draft_tokens;
  accepted_tokens += other.accepted_tokens;
  draft_time += other.draft_time;
}

double SpeculationCounts::acceptance_ratio() const {
  if (draft_tokens == 0) return 0;
  return static_cast<double>(accepted_tokens) / static_cast<double>(draft_tokens);
}

double SpeculationCounts::mean_accepted_length() const {
  if (drafts == 0) return 0;
  return static_cast<double>(drafts + accepted_tokens) / static_cast<double>(drafts);
}

double expected_tokens(double acceptance_rate, std::int64_t drafts) {
  double tokens = 1;
  for (std::int64_t i = 0; i < drafts; ++i) tokens = 1 + acceptance_rate * tokens;
  return tokens;
}

Speculation::Speculation(const SpeculationConfig& config, InstanceId instance)
    : config_(config),
      stream_(random::stream_seed(config.run_seed,
                                  fmt::format("speculative-decoding-{}", instance.value()))) {}

std::int64_t Speculation::make_tokens(RequestId request, std::int64_t drafts, std::int64_t needed) {
  if (drafts == 0) return 1;
  std::int64_t tokens = 1;
  if (config_.mode == SpeculationMode::kSampled) {
    while (tokens <= drafts && stream_.float64() < config_.acceptance_rate) ++tokens;
  } else {
    double& carried = carried_[request.value()];
    const double expected = carried + expected_tokens(config_.acceptance_rate, drafts);
    tokens = static_cast<std::int64_t>(expected);
    carried = expected - static_cast<double>(tokens);
  }
  tokens = std::min(tokens, needed);
  made_[request.value()] = {tokens, drafts};
  return tokens;
}

std::int64_t Speculation::book(RequestId request) {
  const auto found = made_.find(request.value());
  if (found == made_.end()) return 1;
  ++counts_.drafts;
  counts_.draft_tokens += found->second.drafts;
  counts_.accepted_tokens += found->second.tokens - 1;
  return found->second.tokens;
}

Micros Speculation::draft_time(const latency::LatencyModel& model,
                               const latency::StepBatch& batch) {
  std::int64_t most_drafts = 0;
  for (const std::int64_t extra : batch.extra_decode_tokens_each) {
    most_drafts = std::max(most_drafts, extra);
  }
  if (most_drafts == 0) return Micros();
  latency::StepBatch decodes;
  decodes.requests = batch.decode_requests;
  decodes.decode_requests = batch.decode_requests;
  decodes.decode_context_tokens = batch.decode_context_tokens;
  decodes.decode_contexts = batch.decode_contexts;
  const double pass_us = static_cast<double>(model.step_time(decodes).count());
  const Micros time =
      Micros::truncate(static_cast<double>(most_drafts) * config_.draft_cost_ratio * pass_us);
  counts_.draft_time += time;
  return time;
}

}  // namespace blis::engine
