#include "workload/generation/session_drawing.h"

#include <fmt/format.h>

#include <algorithm>

namespace blis::workload {
namespace {

/// Percent, drawn and clamped, as a ratio.
double draw_reason_ratio(LengthSampler& percent, random::RandomStream& stream) {
  return std::min(1.0, std::max(0.0, static_cast<double>(percent.sample(stream)) / 100.0));
}

request::RequestSpec make_round(const TrafficClient& client, Symbol session, std::int64_t round,
                                std::int64_t arrival_us, const SessionLimits& limits) {
  request::RequestSpec request = make_request(client, arrival_us);
  request.session = session;
  request.round_index = static_cast<std::int32_t>(round);
  request.deadline = deadline_of(request.arrival, client.spec->timeout_us, true);
  if (limits.has_slo_target) request.slo_target = Micros(client.spec->slo_target_us.value_or(0));
  return request;
}

std::unique_ptr<SessionMemory> remember(const SessionTreatment& treatment, const TokenFold& input,
                                        const PrefixTokens* prefix, const DrawingContext& context) {
  auto memory = std::make_unique<SessionMemory>();
  if (treatment.remembers_output) {
    memory->context = input;
    memory->output_tokens = context.output_tokens;
  }
  if (treatment.remembers_input_tokens) {
    if (prefix) memory->input_tokens = prefix->tokens;
    memory->input_tokens.insert(memory->input_tokens.end(), context.input_tokens.begin(),
                                context.input_tokens.end());
  }
  return memory;
}

}  // namespace

std::vector<Produced> draw_session(const ProducerSetup& setup, random::RandomStream& stream,
                                   LengthSampler& input_length, LengthSampler& output_length,
                                   std::int64_t start_us, const SessionLimits& limits) {
  DrawingContext& context = *setup.context;
  const TrafficClient& client = *setup.client;
  const MultiTurnSpec& turns = *client.spec->multi_turn();
  const DistributionSpec& ratio_spec = client.spec->reasoning->reason_ratio_distribution;
  LengthSampler* const ratio =
      ratio_spec.is_set() ? &context.samplers.get(ratio_spec, client) : nullptr;

  const Symbol session = context.symbols->intern(fmt::format("sess_{}", stream.int63()));
  std::vector<Produced> rounds;
  // What every input starts with: the prefix, and if the context grows, all that was said so far.
  TokenFold opening = context.new_fold(setup.prefix);
  Micros arrival(start_us);
  bool is_cut = false;
  for (std::int64_t round = 0; round < turns.max_rounds; ++round) {
    // Rounds that nobody will see are drawn all the same: the stream has to stay where it would be.
    const std::int64_t input_tokens = input_length.sample(stream);
    const std::int64_t output_tokens = output_length.sample(stream);
    draw_tokens(stream, input_tokens, client.spec->id, context.input_tokens);
    draw_tokens(stream, output_tokens, client.spec->id, context.output_tokens);
    const double reason_ratio = ratio ? draw_reason_ratio(*ratio, stream) : 0.0;

    const std::int64_t arrival_us = arrival.count();
    arrival += Micros(turns.think_time_us) + Micros(output_tokens);
    is_cut = is_cut || arrival_us >= limits.cutoff_us;
    if (is_cut) continue;

    Produced produced;
    produced.client_index = setup.client_index;
    produced.is_discarded_round = round > 0 && setup.sessions.discards_later_rounds;
    const bool needs_keys = !produced.is_discarded_round || setup.sessions.keeps_keys_of_discarded;
    const bool exists = !limits.only_active_rounds || client.activity->is_always() ||
                        client.activity->is_active(arrival_us);
    if (exists) {
      produced.request = make_round(client, session, round, arrival_us, limits);
      produced.request.reason_ratio = reason_ratio;
      if (setup.prefix) produced.request.prefix_tokens = setup.prefix->fold.size();
    }
    if (needs_keys) {
      TokenFold input = opening;
      input.append(context.input_tokens);
      if (turns.accumulates() && round + 1 < turns.max_rounds) {
        opening = input;
        opening.append(context.output_tokens);
      }
      if (exists && round == 0 &&
          (setup.sessions.remembers_output || setup.sessions.remembers_input_tokens)) {
        produced.memory = remember(setup.sessions, input, setup.prefix, context);
      }
      if (exists) set_tokens(produced, std::move(input), context.output_tokens);
    }
    if (exists) rounds.push_back(std::move(produced));
  }
  return rounds;
}

}  // namespace blis::workload
