#include "workload/generation/closed_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "workload/wrapping.h"

namespace blis::workload {
namespace {

constexpr std::int64_t kBlueprintSeedOffset = 7919;
constexpr std::int64_t kConcurrencySeedOffset = 10007;

/// Indices of the listed requests that open a session, by whom they belong to.
using SessionIndex = std::unordered_map<std::uint32_t, std::vector<std::size_t>>;  // looked up only

/// In eager mode sessions belong to a client id, in lazy mode to a client [QUIRK, spec
/// workload 15.6].
std::uint32_t owner_key(const Plan& plan, std::uint32_t client_index) {
  return plan.options().lazy ? client_index : plan.traffic().clients[client_index].id.value();
}

SessionIndex index_sessions(const Plan& plan, const std::vector<Produced>& requests) {
  SessionIndex index;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const request::RequestSpec& request = requests[i].request;
    if (request.session == SymbolTable::empty() || request.round_index != 0) continue;
    index[owner_key(plan, requests[i].client_index)].push_back(i);
  }
  return index;
}

/// Takes requests from the merge up to the cap, all rounds counted; later rounds of closed-loop
/// sessions are dropped.
std::vector<Produced> collect(Plan& plan) {
  const std::int64_t cap = plan.options().max_requests;
  const std::unique_ptr<ClientMerge> merge = plan.start_merge();
  std::vector<Produced> requests;
  bool has_discarded = false;
  for (std::int64_t popped = 0; cap <= 0 || popped < cap; ++popped) {
    std::optional<Produced> produced = merge->pop();
    if (!produced) break;
    // With its keys drawn a round may turn out to stay, see below.
    if (produced->is_discarded_round && !produced->request.keys) continue;
    has_discarded |= produced->is_discarded_round;
    requests.push_back(std::move(*produced));
  }
  if (has_discarded) {
    // Negative think times: a later round may be listed although the cap cut its round 0 off; it
    // then belongs to no session.
    std::unordered_set<std::uint32_t> opened;
    for (const Produced& produced : requests) {
      if (produced.request.round_index == 0) opened.insert(produced.request.session.value());
    }
    std::erase_if(requests, [&](const Produced& produced) {
      return produced.is_discarded_round && opened.contains(produced.request.session.value());
    });
  }
  return requests;
}

std::shared_ptr<SessionProfile> make_profile(Plan& plan, const TrafficClient& client) {
  const ClientSpec& spec = *client.spec;
  auto profile = std::make_shared<SessionProfile>();
  profile->client = client.id;
  profile->tenant = client.tenant;
  profile->slo_class = client.slo_class;
  profile->model = client.model;
  profile->adapter = client.adapter;
  profile->slo_target = Micros(spec.slo_target_us.value_or(0));
  profile->timeout_us =
      plan.options().timeout_override_us ? plan.options().timeout_override_us : spec.timeout_us;
  profile->think_time = plan.options().think_time;
  profile->horizon = plan.options().horizon;
  profile->input_length = plan.context().samplers.get_shared(spec.input_distribution, client);
  profile->output_length = plan.context().samplers.get_shared(spec.output_distribution, client);
  return profile;
}

/// The prefix of later rounds. Eager mode cuts it out of the first listed opening request, and only
/// if the client itself says how long it is [QUIRK, spec workload 25.1 item 5]; lazy mode takes the
/// group's.
std::shared_ptr<const PrefixTokens> session_prefix(const Plan& plan, const TrafficClient& client,
                                                   const Produced& first) {
  auto group = plan.prefixes().of(client);
  if (plan.options().lazy || !group) return group;
  const std::int64_t length = client.spec->prefix_length;
  if (length <= 0 || first.request.input_tokens < length) return nullptr;
  const bool has_tokens = first.memory && !first.memory->input_tokens.empty();
  if (!has_tokens && length == group->fold.size()) return group;
  const std::vector<std::int32_t>& source = has_tokens ? first.memory->input_tokens : group->tokens;
  return std::make_shared<const PrefixTokens>(
      std::vector<std::int32_t>(source.begin(), source.begin() + length), plan.options().block_size,
      plan.options().observer != nullptr);
}

/// The growing context after round 0: the session's prefix, then round 0's input without as many
/// tokens.
TokenFold opening_context(Plan& plan, const SessionProfile& profile, const Produced& opening) {
  const SessionMemory& memory = *opening.memory;
  if (memory.input_tokens.empty()) return *memory.context;
  TokenFold context = plan.context().new_fold(profile.prefix.get());
  const std::span<const std::int32_t> input = memory.input_tokens;
  const std::size_t prefix_length = profile.prefix ? profile.prefix->tokens.size() : 0;
  if (input.size() < prefix_length) {
    plan.diagnostics().warn("a session's first input is shorter than the session's prefix",
                            plan.symbols().text(opening.request.session));
    context.append(input);
  } else {
    context.append(input.subspan(prefix_length));
  }
  return context;
}

void add_session_blueprints(Plan& plan, const std::vector<Produced>& requests,
                            std::vector<SessionBlueprint>& blueprints) {
  const SessionIndex sessions = index_sessions(plan, requests);
  random::RandomStream seeds(wrapping_add(plan.spec().seed, kBlueprintSeedOffset));
  const auto& clients = plan.traffic().clients;
  for (std::uint32_t i = 0; i < clients.size(); ++i) {
    const TrafficClient& client = clients[i];
    const MultiTurnSpec* turns = client.spec->multi_turn();
    if (turns == nullptr || !client.spec->is_closed_loop()) continue;
    const auto found = sessions.find(owner_key(plan, i));
    if (found == sessions.end()) {
      plan.diagnostics().warn("closed-loop client has no sessions", client.spec->id);
      continue;
    }
    auto profile = make_profile(plan, client);
    profile->max_rounds = turns->max_rounds;
    profile->accumulates = turns->accumulates();
    profile->think_time_us = turns->think_time_us;
    profile->prefix = session_prefix(plan, client, requests[found->second.front()]);

    std::vector<std::size_t> openings = found->second;
    const auto session_text = [&](std::size_t k) {
      return plan.symbols().text(requests[k].request.session);
    };
    std::ranges::stable_sort(openings, {}, session_text);
    const auto is_same_session = [&](std::size_t a, std::size_t b) {
      return requests[a].request.session == requests[b].request.session;
    };
    openings.erase(std::unique(openings.begin(), openings.end(), is_same_session), openings.end());
    for (const std::size_t k : openings) {
      SessionBlueprint blueprint{
          requests[k].request.session, profile, LazyStream(seeds.int63()), {}, {}};
      if (profile->accumulates) {
        blueprint.context = opening_context(plan, *profile, requests[k]);
        blueprint.first_output = requests[k].memory->output_tokens;
      }
      blueprints.push_back(std::move(blueprint));
    }
  }
}

/// The first request of virtual user `user`, and the session that continues it. SOURCE spec
/// workload 13.2.
Produced draw_seed(Plan& plan, const TrafficClient& client, std::uint32_t client_index,
                   std::int64_t user, std::int64_t user_seed) {
  random::RandomStream stream(user_seed);
  DrawingContext& context = plan.context();
  const ClientSpec& spec = *client.spec;
  const std::int64_t arrival_us = wrapping_multiply(user, spec.think_time_us) / spec.concurrency;
  const auto prefix = plan.prefixes().of(client);
  Produced seed =
      draw_request(context, client, stream, context.samplers.get(spec.input_distribution, client),
                   context.samplers.get(spec.output_distribution, client), arrival_us,
                   IndependentLabels{prefix.get(), false, true});
  seed.client_index = client_index;
  seed.request.session =
      context.symbols->intern(fmt::format("concurrency_{}_user_{}", spec.id, user));
  seed.request.deadline = deadline_of(seed.request.arrival, spec.timeout_us, true);
  return seed;
}

void add_virtual_users(Plan& plan, std::vector<Produced>& requests,
                       std::vector<SessionBlueprint>& blueprints) {
  const std::int64_t cap = plan.options().max_requests;
  random::RandomStream seeds(wrapping_add(plan.spec().seed, kConcurrencySeedOffset));
  const auto& clients = plan.traffic().clients;
  for (std::uint32_t i = 0; i < clients.size(); ++i) {
    const TrafficClient& client = clients[i];
    std::shared_ptr<SessionProfile> profile;
    for (std::int64_t user = 0; user < client.spec->concurrency; ++user) {
      if (cap > 0 && static_cast<std::int64_t>(requests.size()) >= cap) break;
      if (!profile) {
        profile = make_profile(plan, client);
        profile->unlimited_rounds = true;
        profile->think_time_us = client.spec->think_time_us;
        profile->prefix = plan.prefixes().of(client);
      }
      const std::int64_t user_seed = seeds.int63();
      requests.push_back(draw_seed(plan, client, i, user, user_seed));
      blueprints.push_back(
          {requests.back().request.session, profile, LazyStream(seeds.int63()), {}, {}});
    }
  }
}

}  // namespace

ClosedLoopWorkload build_closed_loop(Plan& plan) {
  ClosedLoopWorkload result;
  result.requests = collect(plan);
  add_session_blueprints(plan, result.requests, result.blueprints);
  for (Produced& produced : result.requests) produced.memory.reset();  // the blueprints have it
  add_virtual_users(plan, result.requests, result.blueprints);
  std::ranges::stable_sort(result.requests, {},
                           [](const Produced& produced) { return produced.request.arrival; });

  std::int64_t virtual_users = 0;
  for (const TrafficClient& client : plan.traffic().clients) {
    virtual_users = wrapping_add(virtual_users, client.spec->concurrency);
  }
  const std::int64_t cap = plan.options().max_requests;
  if (cap > 0 && virtual_users > 0) {
    result.follow_up_budget =
        std::max<std::int64_t>(0, cap - static_cast<std::int64_t>(result.requests.size()));
  }
  return result;
}

}  // namespace blis::workload
