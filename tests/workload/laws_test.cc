// Laws of generation over random workloads (spec workload 22).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "testing/workload_digest.h"

namespace blis::workload {
namespace {

using testing::play;
using testing::Played;
using testing::Seen;
using Keys = std::vector<request::BlockKey>;

DistributionSpec distribution(std::string type, std::map<std::string, double> params) {
  DistributionSpec spec;
  spec.type = std::move(type);
  spec.params = std::move(params);
  return spec;
}

/// At full size from the first case on: small workloads are not simpler ones.
int below(int limit) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, limit)); }
bool coin() { return below(2) == 0; }

DistributionSpec any_length() {
  switch (below(4)) {
    case 0:
      return distribution("constant", {{"value", 1 + below(40)}});
    case 1:
      return distribution("gaussian", {{"mean", 30}, {"std_dev", 20}, {"min", 1}, {"max", 90}});
    case 2:
      return distribution("empirical", {{"3", 1}, {"17", 2}, {"33", 0.5}});
    default:
      return distribution("exponential", {{"mean", 20}});
  }
}

ArrivalSpec any_arrival() {
  ArrivalSpec arrival;
  arrival.process =
      std::vector{"poisson", "gamma", "weibull", "constant"}[static_cast<std::size_t>(below(4))];
  if (coin()) arrival.cv = 0.5 + below(4);
  return arrival;
}

/// Prefix lengths are equal within the group and always given: otherwise eager and lazy mode differ
/// (spec 15.6).
ClientSpec any_client(int index) {
  ClientSpec client;
  client.id = fmt::format("c{}", index);
  client.slo_class = "batch";
  client.rate_fraction = 1 + below(3);
  client.arrival = any_arrival();
  client.input_distribution = any_length();
  client.output_distribution = any_length();
  if (coin()) {
    client.prefix_group = "g";
    client.prefix_length = 37;
  }
  client.streaming = coin();
  if (coin()) client.timeout_us = below(3) * 1'000'000;
  if (coin()) client.slo_target_us = 5;
  return client;
}

void add_sessions(ClientSpec& client) {
  MultiTurnSpec turns;
  turns.max_rounds = 1 + below(4);
  turns.think_time_us = below(3) * 400'000;
  if (coin()) turns.context_growth = "accumulate";
  turns.single_session = below(4) == 0;
  client.reasoning.emplace();
  client.reasoning->multi_turn = turns;
  if (coin())
    client.reasoning->reason_ratio_distribution = distribution("empirical", {{"0", 1}, {"40", 1}});
  if (below(3) == 0) client.closed_loop = false;
}

void add_windows(ClientSpec& client, bool with_overrides) {
  client.windows.emplace();
  for (int i = 0; i <= below(3); ++i) {
    WindowSpec window;
    window.start_us = below(6) * 1'000'000;
    window.end_us = window.start_us + 500'000 + below(5) * 700'000;
    if (with_overrides) {
      window.trace_rate_per_s = 1 + below(6);
      if (coin()) window.arrival = any_arrival();
      if (coin()) window.input_distribution = any_length();
    }
    client.windows->push_back(window);
  }
}

struct AnyWorkload {
  WorkloadSpec spec;
  GenerationOptions options;
  bool is_time_varying = false;
};

AnyWorkload any_workload() {
  AnyWorkload any;
  WorkloadSpec& spec = any.spec;
  spec.version = "2";
  spec.seed = below(1000) - 500;
  spec.aggregate_rate_per_s = 10 + below(20);
  any.is_time_varying = below(3) == 0;
  const bool has_pools = below(3) == 0;
  const int clients = 1 + below(4);
  for (int i = 0; i < clients; ++i) {
    ClientSpec client = any_client(i);
    if (!has_pools && coin()) add_sessions(client);
    // At least the first of a time-varying workload has overrides; some clients stay without
    // windows.
    if (any.is_time_varying && (i == 0 || coin())) add_windows(client, true);
    if (!any.is_time_varying && below(3) == 0) add_windows(client, false);
    spec.clients.push_back(client);
  }
  if (has_pools) {
    for (int i = 0; i < 2; ++i) {
      ClientSpec pool = any_client(10 + i);
      pool.rate_fraction = 0;
      pool.concurrency = 1 + below(5);
      pool.think_time_us = below(3) * 100'000;
      spec.clients.push_back(pool);
    }
  }
  if (coin()) {
    CohortSpec cohort;
    cohort.member = any_client(20);
    cohort.population = 1 + below(4);
    if (coin()) cohort.spike = SpikeSpec{1'000'000, 2'000'000, {}};
    if (coin()) cohort.drain = DrainSpec{2'000'000, 3'000'000};
    if (!has_pools && coin()) add_sessions(cohort.member);
    spec.cohorts.push_back(cohort);
  }
  any.options.horizon = Micros(4'000'000 + below(4) * 1'000'000);
  if (coin()) any.options.max_requests = 1 + below(80);
  return any;
}

/// All fields of a request as text, and its keys.
std::string all_fields(const Played& played, const Seen& seen) {
  const request::RequestSpec& r = seen.request;
  std::string text = played.line(seen);
  const auto name = [&](Symbol symbol) { return played.symbols.text(symbol); };
  text += fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", r.slo_target.count(),
                      r.max_output_tokens, name(r.tenant), name(r.slo_class), name(r.prefix_group),
                      r.prefix_tokens, r.reason_ratio, r.streaming, name(r.model), name(r.adapter),
                      r.keys->sequence.size());
  for (const request::BlockKey& key : r.keys->sequence) text += fmt::format("{:x}.", key.low);
  return text;
}

std::string all_fields(const Played& played, const std::vector<Seen>& requests) {
  std::string text;
  for (const Seen& seen : requests) text += all_fields(played, seen);
  return text;
}

RC_GTEST_PROP(GenerationLaws, LazyEqualsEager, ()) {
  AnyWorkload any = any_workload();
  const auto eager = play(any.spec, any.options);
  any.options.lazy = true;
  const auto lazy = play(any.spec, any.options);
  RC_ASSERT(all_fields(*eager, eager->initial) == all_fields(*lazy, lazy->initial));
  RC_ASSERT(eager->workload.session_count == lazy->workload.session_count);
  RC_ASSERT(eager->workload.follow_up_budget == lazy->workload.follow_up_budget);
  RC_ASSERT(all_fields(*eager, eager->play_sessions()) == all_fields(*lazy, lazy->play_sessions()));
}

std::vector<request::RequestSpec> initial_requests(const AnyWorkload& any, bool private_blocks) {
  SymbolTable symbols;
  Diagnostics diagnostics;
  GenerationOptions options = any.options;
  options.private_blocks = private_blocks;
  const GeneratedWorkload workload = generate(any.spec, options, symbols, diagnostics);
  std::vector<request::RequestSpec> requests;
  while (auto request = workload.source->next()) requests.push_back(std::move(*request));
  return requests;
}

// Requests that share all but a few tokens of a block have these few in common with somebody, too,
// sooner or later. Their blocks keep their keys.
TEST(Generation, BlocksWithFewTokensOfTheirOwnAreNotPrivate) {
  AnyWorkload any;
  any.spec.version = "2";
  any.spec.aggregate_rate_per_s = 100;
  ClientSpec client;
  client.id = "c";
  client.rate_fraction = 1;
  client.arrival.process = "poisson";
  client.input_distribution = distribution("constant", {{"value", 40}});
  client.output_distribution = distribution("constant", {{"value", 30}});
  client.prefix_group = "g";
  any.spec.clients.push_back(client);
  any.options.max_requests = 3;
  for (const std::int64_t own_tokens : {1, 2, 6, 7, 15}) {
    any.spec.clients.front().prefix_length = 48 - own_tokens;
    for (const request::RequestSpec& r : initial_requests(any, true)) {
      EXPECT_EQ(r.keys->rest_is_private, own_tokens >= 7) << own_tokens;
    }
  }
  any.spec.clients.front().prefix_group = "";
  for (const std::int64_t block_size : {1, 6, 7, 16}) {
    any.options.block_size = block_size;
    for (const request::RequestSpec& r : initial_requests(any, true)) {
      EXPECT_EQ(r.keys->rest_is_private, block_size >= 7) << block_size;
    }
  }
}

// What goes without keys is what nobody else has, and nothing else depends on it.
RC_GTEST_PROP(GenerationLaws, PrivateBlocksAreUnlikeAllOthers, ()) {
  const AnyWorkload any = any_workload();
  const auto with_keys = initial_requests(any, false);
  const auto with_private = initial_requests(any, true);
  RC_ASSERT(with_keys.size() == with_private.size());
  std::map<std::uint64_t, int> holders;  // requests by low half of a key
  for (const request::RequestSpec& r : with_keys) {
    for (const request::BlockKey& key : r.keys->sequence) ++holders[key.low];
  }
  for (std::size_t i = 0; i < with_keys.size(); ++i) {
    const request::RequestSpec& a = with_keys[i];
    const request::RequestSpec& b = with_private[i];
    RC_ASSERT(a.arrival == b.arrival);
    RC_ASSERT(a.deadline == b.deadline);
    RC_ASSERT(a.input_tokens == b.input_tokens);
    RC_ASSERT(a.output_tokens == b.output_tokens);
    RC_ASSERT(a.prefix_tokens == b.prefix_tokens);
    const Keys& all = a.keys->sequence;
    const Keys& shared = b.keys->sequence;
    const bool keeps_enough = b.keys->rest_is_private ? shared.size() <= all.size() : shared == all;
    RC_ASSERT(keeps_enough);
    RC_ASSERT(std::equal(shared.begin(), shared.end(), all.begin()));
    for (std::size_t k = shared.size(); k < all.size(); ++k) RC_ASSERT(holders[all[k].low] == 1);
  }
}

RC_GTEST_PROP(GenerationLaws, TheSameSpecGivesTheSameStream, ()) {
  const AnyWorkload any = any_workload();
  const auto a = play(any.spec, any.options);
  const auto b = play(any.spec, any.options);
  RC_ASSERT(a->lines(a->initial) == b->lines(b->initial));
}

RC_GTEST_PROP(GenerationLaws, RequestsAreOrderedNumberedAndBounded, ()) {
  const AnyWorkload any = any_workload();
  const auto played = play(any.spec, any.options);
  Micros last;
  std::int64_t number = 0;
  for (const Seen& seen : played->initial) {
    const request::RequestSpec& r = seen.request;
    RC_ASSERT(r.name.number == number++);
    RC_ASSERT(r.arrival >= last);
    last = r.arrival;
    const bool is_pool_seed = played->symbols.text(r.session).starts_with("concurrency_");
    RC_ASSERT(is_pool_seed || r.arrival < any.options.horizon);
    RC_ASSERT(r.input_tokens >= 1 && r.output_tokens >= 1);
    RC_ASSERT(r.max_output_tokens == r.output_tokens);
    RC_ASSERT(seen.input.count == r.input_tokens);
    RC_ASSERT(static_cast<std::int64_t>(r.keys->sequence.size()) ==
              (r.input_tokens + r.output_tokens) / 16);
    for (const std::int32_t token : seen.input.first) RC_ASSERT(token >= 0 && token < 128'000);
  }
  if (any.options.max_requests > 0) {
    RC_ASSERT(static_cast<std::int64_t>(played->initial.size()) <= any.options.max_requests);
  }
}

RC_GTEST_PROP(GenerationLaws, ClosedLoopSessionsStartWithOneRoundEach, ()) {
  const AnyWorkload any = any_workload();
  const auto played = play(any.spec, any.options);
  std::map<std::string, bool> closed_loop;
  const auto note = [&](const std::string& id, const ClientSpec& client) {
    closed_loop[id] =
        client.concurrency > 0 || (client.multi_turn() != nullptr && client.is_closed_loop());
  };
  for (const ClientSpec& client : any.spec.clients) note(client.id, client);
  for (const CohortSpec& cohort : any.spec.cohorts) {
    for (std::int64_t j = 0; j < cohort.population; ++j)
      note(fmt::format("{}-{}", cohort.member.id, j), cohort.member);
  }
  std::set<Symbol> sessions;
  for (const Seen& seen : played->initial) {
    if (!closed_loop.at(std::string(played->symbols.text(seen.request.client)))) continue;
    if (seen.request.session == SymbolTable::empty()) continue;
    RC_ASSERT(seen.request.round_index == 0);
    RC_ASSERT(sessions.insert(seen.request.session).second);
  }
  RC_ASSERT(sessions.size() == played->workload.session_count);
}

RC_GTEST_PROP(GenerationLaws, FollowUpsComeAfterTheirPredecessorAndWithinBudget, ()) {
  const AnyWorkload any = any_workload();
  const auto played = play(any.spec, any.options);
  const auto follow_ups = played->play_sessions();
  if (played->workload.follow_up_budget) {
    RC_ASSERT(static_cast<std::int64_t>(follow_ups.size()) <= *played->workload.follow_up_budget);
  }
  for (const Seen& seen : follow_ups) {
    RC_ASSERT(seen.request.arrival <= any.options.horizon);
    RC_ASSERT(seen.request.round_index >= 1);
    RC_ASSERT(seen.request.prefix_tokens == 0 && !seen.request.streaming);
  }
}

RC_GTEST_PROP(GenerationLaws, MembersOfAGroupShareTheirFirstBlocks, ()) {
  AnyWorkload any = any_workload();
  for (ClientSpec& client : any.spec.clients) {
    client.prefix_group = "g";
    client.prefix_length = 40;
    client.windows.reset();
  }
  any.spec.cohorts.clear();
  const auto played = play(any.spec, any.options);
  RC_PRE(!played->initial.empty());
  const auto& first = played->initial.front().request.keys->sequence;
  for (const Seen& seen : played->initial) {
    RC_ASSERT(seen.request.keys->sequence[0] == first[0]);
    RC_ASSERT(seen.request.keys->sequence[1] == first[1]);  // 40 tokens: two blocks of 16
  }
}

RC_GTEST_PROP(GenerationLaws, AClientAppendedAtTheEndLeavesContentsAlone, ()) {
  WorkloadSpec spec;
  spec.aggregate_rate_per_s = 20;
  spec.clients = {any_client(0), any_client(1)};
  GenerationOptions options;
  options.horizon = Micros(3'000'000);
  const auto before = play(spec, options);
  ClientSpec added = any_client(2);
  added.prefix_group = spec.clients[0].prefix_group;
  added.prefix_length = spec.clients[0].prefix_length;
  spec.clients.push_back(added);
  const auto after = play(spec, options);
  const auto contents = [](const Played& played, const char* id) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> sums;
    for (const Seen& seen : played.initial) {
      if (played.symbols.text(seen.request.client) == id) {
        sums.emplace_back(seen.input.weighted_sum, seen.output.weighted_sum);
      }
    }
    return sums;
  };
  for (const char* id : {"c0", "c1"}) {
    auto old_contents = contents(*before, id);
    auto new_contents = contents(*after, id);
    const std::size_t common = std::min(old_contents.size(), new_contents.size());
    old_contents.resize(common);
    new_contents.resize(common);
    RC_ASSERT(old_contents == new_contents);
  }
}

RC_GTEST_PROP(GenerationLaws, TheCapCutsTheUncappedStream, ()) {
  // Without sessions in the loop the first n requests do not depend on n, as long as no client hits
  // 2n.
  AnyWorkload any = any_workload();
  for (ClientSpec& client : any.spec.clients) client.reasoning.reset();
  std::erase_if(any.spec.clients, [](const ClientSpec& client) { return client.concurrency > 0; });
  any.spec.cohorts.clear();
  any.options.max_requests = 0;
  const auto all = play(any.spec, any.options);
  any.options.max_requests = 1 + below(30);
  const auto capped = play(any.spec, any.options);
  const std::size_t count =
      std::min(all->initial.size(), static_cast<std::size_t>(any.options.max_requests));
  RC_ASSERT(capped->initial.size() == count);
  const std::vector<Seen> head(all->initial.begin(),
                               all->initial.begin() + static_cast<std::ptrdiff_t>(count));
  RC_ASSERT(all->lines(head) == capped->lines(capped->initial));
}

}  // namespace
}  // namespace blis::workload
