#include "workload/session_manager.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "workload/generation/request_drawing.h"

namespace blis::workload {

using request::RequestSpec;
using request::TerminalOutcome;

SessionManager::SessionManager(std::vector<SessionBlueprint> blueprints, Options options,
                               const SymbolTable& symbols, Diagnostics& diagnostics)
    : options_(options), symbols_(symbols), diagnostics_(diagnostics) {
  sessions_.reserve(blueprints.size());
  for (SessionBlueprint& blueprint : blueprints) {
    const SessionProfile& profile = *blueprint.profile;
    BLIS_CHECK(profile.unlimited_rounds || profile.max_rounds >= 1,
               "workload 13.4: session {} has {} rounds", symbols_.text(blueprint.session),
               profile.max_rounds);
    const std::size_t symbol = blueprint.session.index();
    if (index_of_symbol_.size() <= symbol) index_of_symbol_.resize(symbol + 1, -1);
    std::int32_t& index = index_of_symbol_[symbol];
    if (index < 0) {
      index = static_cast<std::int32_t>(sessions_.size());
      sessions_.push_back(Session{std::move(blueprint), State::kActive, 0, {}});
    } else {
      sessions_[static_cast<std::size_t>(index)].blueprint = std::move(blueprint);
    }
  }
  for (Session& session : sessions_) {
    session.last_output = std::move(session.blueprint.first_output);
  }
}

SessionManager::Session* SessionManager::find(Symbol session) {
  const std::size_t symbol = session.index();
  if (symbol >= index_of_symbol_.size() || index_of_symbol_[symbol] < 0) return nullptr;
  return &sessions_[static_cast<std::size_t>(index_of_symbol_[symbol])];
}

void SessionManager::end(Session& session, State state) {
  session.state = state;
  session.blueprint.stream.release();
  session.blueprint.context.reset();
  session.last_output = {};
}

bool SessionManager::extend_context(Session& session, const RequestSpec& request,
                                    std::int64_t produced) {
  TokenFold& context = *session.blueprint.context;
  BLIS_CHECK(session.round == 0 || request.input_tokens == context.size(),
             "workload 13.4 step 8: request of session {} has {} input tokens, its context {}",
             symbols_.text(request.session), request.input_tokens, context.size());
  if (produced == 0 || request.output_tokens == 0) return true;
  if (produced > request.output_tokens) {
    diagnostics_.warn("a request of a session produced more than its output; session cancelled",
                      symbols_.text(request.session));
    return false;
  }
  context.append(std::span(session.last_output).first(static_cast<std::size_t>(produced)));
  return true;
}

void SessionManager::replace_output(Symbol session, std::vector<std::int32_t> output) {
  Session* const found = find(session);
  if (found == nullptr || found->state != State::kActive) return;
  if (found->blueprint.profile->accumulates) found->last_output = std::move(output);
}

std::optional<RequestSpec> SessionManager::on_terminal(const RequestSpec& request,
                                                       TerminalOutcome outcome,
                                                       std::int64_t progress, Micros at) {
  if (request.session == SymbolTable::empty()) return std::nullopt;
  Session* const session = find(request.session);
  if (session == nullptr) {
    // Open-loop sessions beside closed-loop ones: all their rounds exist already.
    diagnostics_.info("request of a session that does not run closed-loop ended",
                      symbols_.text(request.session));
    return std::nullopt;
  }
  if (session->state != State::kActive) return std::nullopt;
  SessionBlueprint& blueprint = session->blueprint;
  const SessionProfile& profile = *blueprint.profile;
  const auto finish = [&](State state) {
    end(*session, state);
    return std::nullopt;
  };

  if (outcome != TerminalOutcome::kCompleted) return finish(State::kCancelled);
  if (!profile.unlimited_rounds && session->round >= profile.max_rounds - 1) {
    return finish(State::kCompleted);
  }
  if (options_.follow_up_budget && follow_ups_ >= *options_.follow_up_budget) {
    return finish(State::kBudgetExhausted);
  }
  random::RandomStream& stream = blueprint.stream.get();
  const std::int64_t think_us =
      profile.think_time ? profile.think_time->sample(stream) : profile.think_time_us;
  const Micros arrival = at + Micros(think_us);
  if (arrival > profile.horizon) return finish(State::kInterrupted);

  const std::int64_t input_tokens = profile.input_length->sample(stream);
  const std::int64_t output_tokens = profile.output_length->sample(stream);
  draw_tokens(stream, input_tokens, symbols_.text(profile.client), input_scratch_);
  draw_tokens(stream, output_tokens, symbols_.text(profile.client), output_scratch_);

  // The last output token is missing from `produced` after a normal completion, hence from the
  // context [QUIRK, spec workload 25.1 item 4].
  const std::int64_t produced = std::max<std::int64_t>(0, progress - request.input_tokens);
  std::optional<TokenFold> input;
  if (profile.accumulates) {
    if (!extend_context(*session, request, produced)) return finish(State::kCancelled);
    blueprint.context->append(input_scratch_);
    input = blueprint.context;
    session->last_output = output_scratch_;
  } else {
    input = profile.prefix ? profile.prefix->fold
                           : TokenFold(options_.block_size, options_.observer != nullptr);
    input->append(input_scratch_);
  }
  ++session->round;
  ++follow_ups_;

  Produced next;
  set_tokens(next, std::move(*input), output_scratch_);
  RequestSpec& follow_up = next.request;
  follow_up.name.number = follow_ups_;
  follow_up.name.session = request.session;
  follow_up.name.round = static_cast<std::int32_t>(session->round);
  follow_up.arrival = arrival;
  follow_up.deadline = deadline_of(arrival, profile.timeout_us, true);
  follow_up.slo_target = profile.slo_target;
  follow_up.client = profile.client;
  follow_up.tenant = profile.tenant;
  follow_up.slo_class = profile.slo_class;
  follow_up.model = profile.model;
  follow_up.adapter = profile.adapter;
  follow_up.session = request.session;
  follow_up.round_index = follow_up.name.round;
  if (options_.observer != nullptr) {
    options_.observer->on_request(follow_up, next.digests->input, next.digests->output);
  }
  return std::move(follow_up);
}

}  // namespace blis::workload
