#include "workload/inference_perf.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/number_text.h"
#include "workload/wrapping.h"

namespace blis::workload {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMaxExactClients = 1'000'000;
constexpr std::int64_t kMaxClients =
    10'000'000;  // ours: beyond it the clients alone fill the memory
constexpr std::int64_t kMaxShare = 10'000'000;

[[noreturn]] void fail(const WorkloadSpec& spec, const std::string& key, std::string_view message) {
  throw ConfigError(InputLocation{spec.file, 0, "inference_perf" + key}, message);
}

void check(const WorkloadSpec& spec) {
  const InferencePerfSpec& perf = *spec.inference_perf;
  if (perf.stages.empty()) fail(spec, ".stages", "at least one stage is required");
  for (std::size_t i = 0; i < perf.stages.size(); ++i) {
    const InferencePerfStage& stage = perf.stages[i];
    if (stage.duration_s <= 0) {
      fail(spec, fmt::format(".stages[{}].duration", i),
           fmt::format("must be positive, got {}", stage.duration_s));
    }
    if (!(stage.rate_per_s > 0) || !std::isfinite(stage.rate_per_s)) {
      fail(spec, fmt::format(".stages[{}].rate", i),
           fmt::format("must be positive and finite, got {}", stage.rate_per_s));
    }
  }
  if (!perf.shared_prefix) fail(spec, ".shared_prefix", "is required");
  const InferencePerfSharedPrefix& prefix = *perf.shared_prefix;
  const auto require = [&](bool holds, const char* key, const char* rule, std::int64_t value) {
    if (!holds) {
      fail(spec, fmt::format(".shared_prefix.{}", key), fmt::format("{}, got {}", rule, value));
    }
  };
  require(prefix.num_unique_system_prompts > 0, "num_unique_system_prompts", "must be positive",
          prefix.num_unique_system_prompts);
  require(prefix.num_users_per_system_prompt > 0, "num_users_per_system_prompt", "must be positive",
          prefix.num_users_per_system_prompt);
  require(prefix.system_prompt_len >= 0, "system_prompt_len", "must be non-negative",
          prefix.system_prompt_len);
  require(prefix.question_len >= 0, "question_len", "must be non-negative", prefix.question_len);
  require(prefix.output_len >= 0, "output_len", "must be non-negative", prefix.output_len);
  if (prefix.num_unique_system_prompts > kMaxClients / prefix.num_users_per_system_prompt) {
    fail(spec, ".shared_prefix",
         fmt::format("{} prompts with {} users each are too many clients",
                     prefix.num_unique_system_prompts, prefix.num_users_per_system_prompt));
  }
}

DistributionSpec constant_distribution(std::int64_t value) {
  DistributionSpec distribution;
  distribution.type = "constant";
  distribution.params["value"] = static_cast<double>(value);
  return distribution;
}

/// What all clients have in common; id, tenant, group, share and arrivals are still to be set.
ClientSpec common_client(const InferencePerfSharedPrefix& prefix) {
  ClientSpec client;
  client.slo_class = "standard";
  client.arrival.process = "poisson";
  client.input_distribution = constant_distribution(prefix.question_len);
  client.output_distribution = constant_distribution(prefix.output_len);
  client.prefix_length = prefix.system_prompt_len;
  return client;
}

/// One user's conversation, one round per request of its share. The constant 0 of the ratio comes
/// out as 1 %, because a constant is at least 1 [QUIRK, spec workload 25.1 item 8].
ReasoningSpec chat(std::int64_t share, std::int64_t clients, double rate_per_s) {
  ReasoningSpec reasoning;
  reasoning.reason_ratio_distribution = constant_distribution(0);
  MultiTurnSpec turns;
  turns.max_rounds = share;
  turns.think_time_us = truncate_to_int64(static_cast<double>(clients) / rate_per_s * 1e6);
  turns.single_session = true;
  reasoning.multi_turn = turns;
  return reasoning;
}

InjectedArrivals exact_arrivals(const WorkloadSpec& spec, std::int64_t share,
                                std::int64_t duration_us, std::int64_t clients) {
  if (clients > kMaxExactClients) {
    fail(spec, ".shared_prefix",
         fmt::format("{} clients are more than the {} allowed", clients, kMaxExactClients));
  }
  if (share == 0 || share > kMaxShare || duration_us < share) {
    fail(spec, ".stages[0]",
         fmt::format("each client must have 1 to {} requests, and no more than the stage has µs; "
                     "one of the {} clients would have {}",
                     kMaxShare, clients, share));
  }
  InjectedArrivals injected;
  injected.kind = InjectedArrivals::Kind::kNormalizedExponential;
  injected.count = share;
  injected.duration_us = duration_us;
  return injected;
}

std::int64_t stage_duration_us(const InferencePerfStage& stage) {
  return wrapping_multiply(stage.duration_s, kMicrosPerSecond);
}

void append_stage(WorkloadSpec& spec, std::size_t stage_index, std::int64_t offset_us) {
  const InferencePerfSpec& perf = *spec.inference_perf;
  const InferencePerfSharedPrefix& prefix = *perf.shared_prefix;
  const InferencePerfStage& stage = perf.stages[stage_index];
  const bool is_single = perf.stages.size() == 1;
  const bool is_chat = prefix.enable_multi_turn_chat;
  const std::int64_t clients =
      prefix.num_unique_system_prompts * prefix.num_users_per_system_prompt;
  const std::int64_t total =
      truncate_to_int64(stage.rate_per_s * static_cast<double>(stage.duration_s));
  if (total < 1 && (is_single || is_chat)) {
    fail(spec, fmt::format(".stages[{}]", stage_index),
         fmt::format("rate {} for {} s makes no request", stage.rate_per_s, stage.duration_s));
  }
  const std::int64_t duration_us = stage_duration_us(stage);
  for (std::int64_t i = 0; i < clients; ++i) {
    const std::int64_t prompt = i / prefix.num_users_per_system_prompt;
    const std::int64_t user = i % prefix.num_users_per_system_prompt;
    const std::int64_t share = even_share(total, clients, i);
    ClientSpec client = common_client(prefix);
    client.prefix_group = fmt::format("prompt-{}", prompt);
    client.tenant_id = client.prefix_group;
    if (is_single) {
      client.id = fmt::format("prompt-{}-user-{}", prompt, user);
      client.rate_fraction = 1.0 / static_cast<double>(clients);
      if (!is_chat) client.injected_arrivals = exact_arrivals(spec, share, duration_us, clients);
    } else {
      client.id = fmt::format("stage-{}-prompt-{}-user-{}", stage_index, prompt, user);
      client.rate_fraction = 1.0;
      WindowSpec window;
      window.start_us = offset_us;
      window.end_us = wrapping_add(offset_us, duration_us);
      client.windows = std::vector{window};
      InjectedArrivals injected;
      injected.kind = InjectedArrivals::Kind::kPoisson;
      injected.rate_per_us = stage.rate_per_s / static_cast<double>(clients) / 1e6;
      client.injected_arrivals = injected;
    }
    if (is_chat) client.reasoning = chat(share, clients, stage.rate_per_s);
    spec.clients.push_back(std::move(client));
  }
}

}  // namespace

std::int64_t even_share(std::int64_t total, std::int64_t parts, std::int64_t part) {
  return total / parts + (part < total % parts ? 1 : 0);
}

void expand_inference_perf(WorkloadSpec& spec, Diagnostics& diagnostics) {
  check(spec);
  const InferencePerfSpec& perf = *spec.inference_perf;
  double aggregate = 0;
  for (const InferencePerfStage& stage : perf.stages) aggregate += stage.rate_per_s;
  if (spec.aggregate_rate_per_s > 0 && spec.aggregate_rate_per_s != aggregate) {
    diagnostics.warn("aggregate_rate is replaced by the sum of the inference_perf stages",
                     fmt::format("{} becomes {}", spec.aggregate_rate_per_s, aggregate));
  }
  spec.version = "2";
  spec.aggregate_rate_per_s = aggregate;
  if (spec.category.empty()) {
    spec.category = perf.shared_prefix->enable_multi_turn_chat ? "reasoning" : "language";
  }
  spec.clients.clear();
  std::int64_t offset_us = 0;
  for (std::size_t i = 0; i < perf.stages.size(); ++i) {
    append_stage(spec, i, offset_us);
    offset_us = wrapping_add(offset_us, stage_duration_us(perf.stages[i]));
  }
}

}  // namespace blis::workload
