#include "trace/closed_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.h"

namespace blis::trace {
namespace {

void require_consecutive_rounds(const std::vector<ReplayRow>& rows, const SessionRows& session,
                                const std::string& file, const SymbolTable& symbols) {
  for (std::size_t round = 0; round < session.size(); ++round) {
    const ReplayRow& row = rows[session[round]];
    if (row.spec.round_index == static_cast<std::int64_t>(round)) continue;
    throw DataError({.file = file, .line = row.line, .key = "round_index"},
                    fmt::format("session \"{}\" has round {} where {} is expected; a closed-loop "
                                "replay needs rounds 0 to n-1, each once",
                                symbols.text(row.spec.session), row.spec.round_index, round));
  }
}

// Think times recorded with the rounds if there are any, else the gaps between arrivals, which
// include how long the round before was served. SOURCE spec traces 7.3.
std::shared_ptr<workload::LengthSampler> think_times_of(const std::vector<ReplayRow>& rows,
                                                        const SessionRows& session) {
  std::vector<std::int64_t> recorded;
  std::vector<std::int64_t> gaps;
  for (std::size_t round = 1; round < session.size(); ++round) {
    const ReplayRow& row = rows[session[round]];
    recorded.push_back(row.think_time_us);
    const Micros gap =
        Micros(row.arrival_time_us) - Micros(rows[session[round - 1]].arrival_time_us);
    gaps.push_back(std::max(std::int64_t{0}, gap.count()));
  }
  const bool any_recorded =
      std::ranges::any_of(recorded, [](std::int64_t think_time) { return think_time != 0; });
  return workload::make_sequence_sampler(any_recorded ? std::move(recorded) : std::move(gaps));
}

std::shared_ptr<workload::SessionProfile> profile_of(const std::vector<ReplayRow>& rows,
                                                     const SessionRows& session,
                                                     const ClosedLoopSettings& settings,
                                                     const PrefixTable& prefixes) {
  const request::RequestSpec& first = rows[session.front()].spec;
  auto profile = std::make_shared<workload::SessionProfile>();
  profile->client = first.client;
  profile->tenant = first.tenant;
  profile->slo_class = first.slo_class;
  profile->model = first.model;
  profile->adapter = first.adapter;
  profile->slo_target = first.slo_target;
  profile->max_rounds = static_cast<std::int64_t>(session.size());
  profile->accumulates = settings.accumulates;
  profile->horizon = settings.horizon;
  profile->think_time = settings.think_time ? settings.think_time : think_times_of(rows, session);

  std::vector<std::int64_t> inputs;
  std::vector<std::int64_t> outputs;
  for (std::size_t round = 1; round < session.size(); ++round) {
    inputs.push_back(rows[session[round]].fresh_input);
    outputs.push_back(rows[session[round]].spec.output_tokens);
  }
  profile->input_length = workload::make_sequence_sampler(std::move(inputs));
  profile->output_length = workload::make_sequence_sampler(std::move(outputs));
  profile->prefix = prefixes.find(first.prefix_group);
  return profile;
}

}  // namespace

RowsBySession group_by_session(const std::vector<ReplayRow>& rows, const std::string& file,
                               const SymbolTable& symbols) {
  RowsBySession grouped;
  std::unordered_map<std::uint32_t, std::size_t> position;  // of a session in `grouped`
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Symbol session = rows[i].spec.session;
    if (session == SymbolTable::empty()) {
      grouped.set_aside.push_back(i);
      continue;
    }
    const auto [found, is_new] = position.try_emplace(session.value(), grouped.sessions.size());
    if (is_new) grouped.sessions.emplace_back();
    grouped.sessions[found->second].push_back(i);
  }
  for (SessionRows& session : grouped.sessions) {
    std::ranges::stable_sort(session, {},
                             [&rows](std::size_t i) { return rows[i].spec.round_index; });
    require_consecutive_rounds(rows, session, file, symbols);
  }
  return grouped;
}

OpenedSession open_session(const std::vector<ReplayRow>& rows, const SessionRows& session,
                           const ClosedLoopSettings& settings, const PrefixTable& prefixes,
                           random::RandomStream& stream, TokenDrawing& drawing) {
  const ReplayRow& first = rows[session.front()];
  random::RandomStream session_stream(stream.int63());
  TokenDrawing::FirstRound round;

  request::RequestSpec spec = first.spec;
  spec.input_tokens = full_input(first, prefixes);
  spec.keys = drawing.draw(spec, first.fresh_input, prefixes, session_stream, &round);

  workload::SessionBlueprint blueprint{.session = spec.session,
                                       .profile = profile_of(rows, session, settings, prefixes),
                                       .stream = workload::LazyStream(session_stream),
                                       .context = std::nullopt,
                                       .first_output = {}};
  if (settings.accumulates) {
    blueprint.context = std::move(round.input);
    blueprint.first_output = std::move(round.output);
  }
  return {std::move(spec), std::move(blueprint)};
}

}  // namespace blis::trace
