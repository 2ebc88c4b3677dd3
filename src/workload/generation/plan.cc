#include "workload/generation/plan.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "workload/generation/parked_producer.h"
#include "workload/inference_perf.h"
#include "workload/servegen.h"
#include "workload/spec_reader.h"
#include "workload/validation.h"

namespace blis::workload {
namespace {

/// Every client may build twice the cap, so that cutting the merged list keeps the clients'
/// proportions.
std::int64_t client_cap(std::int64_t max_requests) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (max_requests <= 0) return 0;
  return max_requests > kMax / 2 ? kMax : 2 * max_requests;
}

/// Populations beyond this wait for their first request without a stream each: 100,000 of them
/// would hold 490 MB.
constexpr std::size_t kMaxRunningFromTheStart = 1'000;

/// Draws the shared prefixes and the seeds of all clients.
constexpr std::string_view kWorkloadStream = "workload-gen";

bool runs_closed_loop(const ClientSpec& spec) {
  return spec.is_closed_loop() && spec.multi_turn() != nullptr;
}

WorkloadSpec expand_and_validate(WorkloadSpec spec, const GenerationOptions& options,
                                 Diagnostics& diagnostics) {
  if (options.horizon <= Micros(0)) return spec;  // nothing will be generated from it
  check_single_source(spec);
  if (spec.inference_perf && spec.clients.empty()) expand_inference_perf(spec, diagnostics);
  if (spec.servegen_data && spec.clients.empty() && spec.cohorts.empty()) {
    load_servegen_data(spec, diagnostics);
  }
  upgrade_v1(spec, diagnostics);
  validate(spec);
  if (options.max_requests < 0) {
    throw ConfigError("the number of requests must be non-negative, got " +
                      std::to_string(options.max_requests));
  }
  return spec;
}

/// Builds every distribution that validation does not look at. THROWS ConfigError if one cannot be
/// built.
void build_unvalidated_samplers(const TrafficClient& client) {
  const ClientSpec& spec = *client.spec;
  SamplerCache samplers;
  const auto build = [&](const DistributionSpec& distribution) {
    if (distribution.is_set()) samplers.get(distribution, client);
  };
  build(spec.input_distribution);
  build(spec.output_distribution);
  if (spec.reasoning) build(spec.reasoning->reason_ratio_distribution);
  if (!spec.multimodal) return;
  build(spec.multimodal->text_distribution);
  build(spec.multimodal->image_distribution);
  build(spec.multimodal->image_count_distribution);
  build(spec.multimodal->audio_distribution);
  build(spec.multimodal->audio_count_distribution);
  build(spec.multimodal->video_distribution);
  build(spec.multimodal->video_count_distribution);
}

bool is_buildable(const TrafficClient& client) {
  try {
    build_unvalidated_samplers(client);
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

}  // namespace

Plan::Plan(WorkloadSpec spec, const GenerationOptions& options, SymbolTable& symbols,
           Diagnostics& diagnostics)
    : spec_(expand_and_validate(std::move(spec), options, diagnostics)), options_(options) {
  traffic_ = expand_clients(spec_, symbols);
  context_.horizon_us = options.horizon.count();
  context_.client_cap = client_cap(options.max_requests);
  context_.block_size = options.block_size;
  context_.lazy = options.lazy;
  context_.observer = options.observer;
  context_.symbols = &symbols;
  context_.diagnostics = &diagnostics;

  has_closed_loop_ = std::ranges::any_of(traffic_.clients, [](const TrafficClient& client) {
    return runs_closed_loop(*client.spec) || client.spec->concurrency > 0;
  });
  if (has_closed_loop_) index_claimants();

  // The order of draws is fixed: all prefixes, then one seed per generating client.
  random::RandomStream workload_stream(random::stream_seed(spec_.seed, kWorkloadStream));
  prefixes_ = std::make_unique<PrefixGroups>(traffic_, workload_stream, options.block_size,
                                             options.observer != nullptr);
  if (options.horizon > Micros(0)) draw_seeds(workload_stream);
  const request::BlockKeyChain no_prefix(options.block_size);
  if (options.private_blocks && options.observer == nullptr && !has_closed_loop_ &&
      request::may_end_in_private_blocks(no_prefix) && every_client_has_its_own_stream()) {
    context_.private_keys = request::make_private_keys(no_prefix);
  }
  if (!options.lazy) fail_early();
}

void Plan::draw_seeds(random::RandomStream& workload_stream) {
  const auto add = [&](std::size_t index, double rate_per_us) {
    generating_.push_back(
        {static_cast<std::uint32_t>(index), workload_stream.int63(), rate_per_us});
  };
  if (is_time_varying(traffic_)) {
    window_rates_ = std::make_unique<WindowRates>(traffic_, spec_.aggregate_rate_per_s);
    for (std::size_t i = 0; i < traffic_.clients.size(); ++i) {
      if (!traffic_.clients[i].activity->is_always()) {
        add(i, 0);
      } else if (traffic_.clients[i].spec->concurrency == 0) {
        context_.diagnostics->warn(
            "client without windows generates nothing in a time-varying workload",
            traffic_.clients[i].spec->id);
      }
    }
    return;
  }
  const std::vector<double> rates = static_client_rates(traffic_, spec_.aggregate_rate_per_s);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (rates[i] > 0) add(i, rates[i]);
  }
}

// Two clients of one seed draw the same tokens, and so have blocks in common. Seeding keeps 31
// bits, so that this happens to one pair in two billion.
bool Plan::every_client_has_its_own_stream() const {
  std::vector<std::uint32_t> seeds;
  seeds.reserve(generating_.size() + 1);
  for (const GeneratingClient& client : generating_) {
    seeds.push_back(random::RandomStream::reduced_seed(client.seed));
  }
  seeds.push_back(
      random::RandomStream::reduced_seed(random::stream_seed(spec_.seed, kWorkloadStream)));
  std::ranges::sort(seeds);
  return std::ranges::adjacent_find(seeds) == seeds.end();
}

std::unique_ptr<ClientProducer> Plan::start_client(const GeneratingClient& generating) {
  const TrafficClient& client = traffic_.clients[generating.index];
  ProducerSetup setup;
  setup.context = &context_;
  setup.client = &client;
  setup.client_index = generating.index;
  setup.seed = generating.seed;
  setup.prefix = prefixes_->of(client).get();
  if (client.spec->multi_turn() != nullptr) setup.sessions = session_treatment(generating.index);
  if (window_rates_) return make_time_varying_producer(setup, *window_rates_);
  return client.spec->multi_turn() != nullptr
             ? make_session_producer(setup, generating.rate_per_us)
             : make_independent_producer(setup, generating.rate_per_us);
}

std::unique_ptr<ClientProducer> Plan::advance_to_first(const GeneratingClient& client, bool again) {
  Diagnostics unheard;
  Diagnostics* const heard = context_.diagnostics;
  if (again) context_.diagnostics = &unheard;
  std::unique_ptr<ClientProducer> producer = start_client(client);
  producer->next_arrival_us();
  context_.diagnostics = heard;
  return producer;
}

std::unique_ptr<ClientMerge> Plan::start_merge() {
  std::vector<std::unique_ptr<ClientProducer>> producers;
  producers.reserve(generating_.size());
  const bool parks = generating_.size() > kMaxRunningFromTheStart;
  for (const GeneratingClient& client : generating_) {
    if (parks) {
      producers.push_back(std::make_unique<ParkedProducer>(
          [this, &client](bool again) { return advance_to_first(client, again); }));
    } else {
      producers.push_back(start_client(client));
    }
  }
  return std::make_unique<ClientMerge>(std::move(producers));
}

void Plan::index_claimants() {
  for (std::uint32_t i = 0; i < traffic_.clients.size(); ++i) {
    const TrafficClient& client = traffic_.clients[i];
    ++clients_by_id_[client.id.value()];
    if (runs_closed_loop(*client.spec)) claimants_by_id_[client.id.value()].push_back(i);
  }
}

std::vector<std::uint32_t> Plan::claimants_of(std::uint32_t client) const {
  if (options_.lazy) {
    return runs_closed_loop(*traffic_.clients[client].spec) ? std::vector{client}
                                                            : std::vector<std::uint32_t>{};
  }
  const auto found = claimants_by_id_.find(traffic_.clients[client].id.value());
  return found == claimants_by_id_.end() ? std::vector<std::uint32_t>{} : found->second;
}

bool Plan::is_id_shared(std::uint32_t client) const {
  const auto found = clients_by_id_.find(traffic_.clients[client].id.value());
  return found != clients_by_id_.end() && found->second > 1;
}

SessionTreatment Plan::session_treatment(std::uint32_t client_index) const {
  const TrafficClient& client = traffic_.clients[client_index];
  SessionTreatment treatment;
  treatment.keeps_keys_of_discarded = client.spec->multi_turn()->think_time_us < 0;
  const auto own_prefix = prefixes_->of(client);
  const std::int64_t own_length = own_prefix ? own_prefix->fold.size() : 0;
  for (const std::uint32_t index : claimants_of(client_index)) {
    const TrafficClient& claimant = traffic_.clients[index];
    treatment.discards_later_rounds = true;
    if (claimant.spec->multi_turn()->accumulates()) treatment.remembers_output = true;
    // In eager mode a session's prefix is cut out of a request's input; beyond the shared prefix
    // that needs the tokens.
    const bool cuts_prefix = !options_.lazy && claimant.prefix_group != SymbolTable::empty() &&
                             claimant.spec->prefix_length > 0;
    if (cuts_prefix && (claimant.spec->prefix_length > own_length || is_id_shared(client_index))) {
      treatment.remembers_input_tokens = true;
    }
  }
  return treatment;
}

/// The reference builds some samplers only when a request needs them, but in eager mode that
/// happens before the run, also for requests beyond the cap. So a client with an unusable
/// distribution is played to its end first.
void Plan::fail_early() {
  for (const GeneratingClient& generating : generating_) {
    if (is_buildable(traffic_.clients[generating.index])) continue;
    const std::unique_ptr<ClientProducer> producer = start_client(generating);
    while (producer->next_arrival_us()) producer->take();
  }
}

}  // namespace blis::workload
