// One engine with random settings under a random load, all from one seed.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/instance.h"
#include "kv/kv_factory.h"
#include "kv/single_tier_cache.h"
#include "request/request_table.h"
#include "testing/draw.h"

namespace blis::testing {

/// Step times that react to every sum of the batch, so that a wrong sum shows.
class SensitiveLatency final : public latency::LatencyModel {
 public:
  explicit SensitiveLatency(bool wants_contexts) : wants_contexts_(wants_contexts) {}

  Micros step_time(const latency::StepBatch& b) const override {
    std::int64_t us = 100 + b.requests * 3 + b.prefill_tokens * 5 + b.prefill_attention % 97 +
                      b.decode_requests * 7 + b.decode_context_tokens % 1013;
    for (const latency::PrefillChunk& chunk : b.prefills)
      us = (us * 31 + chunk.progress_tokens) % 5003;
    if (wants_contexts_) {
      for (const std::int64_t context : b.decode_contexts) us = (us * 17 + context) % 4999;
    }
    return Micros(1 + us);
  }
  bool needs_decode_contexts() const override { return wants_contexts_; }
  Micros queueing_time(std::int64_t prompt) const override { return Micros(50 + prompt % 7); }
  Micros output_token_processing_time() const override { return Micros(11); }
  Micros post_decode_overhead() const override { return Micros(13); }

 private:
  bool wants_contexts_;
};

enum class AdapterUse {
  kNone,
  kDeclared,  ///< declared, but no request names any
  kNamed,     ///< most requests name one of four, a few one that was not declared
};

enum class LowerTiers {
  kNone,
  kCpu,      ///< host memory, often too small
  kOffload,  ///< host memory and up to two storage tiers
};

struct RandomEngineOptions {
  engine::StepperKind stepper = engine::StepperKind::kFast;
  AdapterUse adapters = AdapterUse::kNone;
  Contents contents = Contents::kRepeating;
  LowerTiers tiers = LowerTiers::kNone;
  /// No horizon, no deadlines, no evictions: everybody who is not dropped completes.
  bool is_calm = false;
  std::optional<std::int64_t> prefill_threshold{};  ///< instead of the one that is drawn
  std::int64_t more_output = 0;                     ///< added to every planned output
  engine::SpeculationConfig speculation{};
};

class RandomEngine final : public engine::InstanceListener {
 public:
  struct End {
    RequestId request;
    request::TerminalOutcome outcome;
    Micros at;
  };

  explicit RandomEngine(std::uint64_t seed, const RandomEngineOptions& options = {})
      : options_(options), draw_(seed), latency_(draw_.one_in(2)) {
    draw_config();
    const auto by_id = [](RequestId a, RequestId b) { return a.value() < b.value(); };
    instance_.emplace(InstanceId(std::uint32_t{0}), config_, latency_,
                      kv::make_kv_store(kv_config(seed), by_id), priorities_, requests_, symbols_,
                      *this);
    Micros arrival;
    const std::int64_t count = draw_.between(1, 60);
    for (std::int64_t k = 0; k < count; ++k) {
      if (!draw_.one_in(3)) arrival += Micros(draw_.between(0, 6000));
      instance_->inject(requests_.add(draw_request(k, arrival)), arrival);
    }
  }

  /// Executes the next event within the horizon, and now and then evicts a request after it. False
  /// if there is none.
  bool advance() {
    if (instance_->next_event_time() == Micros::max() ||
        instance_->next_event_time() > config_.horizon) {
      return false;
    }
    instance_->process_next_event();
    if (draw_.one_in(200) && !options_.is_calm) evict_somebody();
    return true;
  }

  engine::Instance& instance() { return *instance_; }
  const engine::InstanceConfig& config() const { return config_; }
  const latency::LatencyModel& latency() const { return latency_; }
  const request::RequestTable& requests() const { return requests_; }
  const request::Request& operator[](std::size_t i) const { return requests_[RequestId(i)]; }
  const std::vector<End>& ends() const { return ends_; }
  const std::vector<RequestId>& evicted() const { return evicted_; }

  /// What can be seen from outside between two events.
  std::string state() const {
    return fmt::format("{},{},{},{},{},{};", instance_->clock().count(), instance_->queue_depth(),
                       instance_->batch_size(), instance_->kv().used_blocks(), evicted_.size(),
                       instance_->resident_adapters().size());
  }
  /// Everything that a finished run leaves behind.
  std::string results() const {
    const engine::InstanceMetrics& m = instance_->metrics();
    std::string text =
        fmt::format("\n{} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", m.completed_requests,
                    m.total_input_tokens, m.total_output_tokens, m.preemption_count,
                    m.kv_allocation_failures, m.dropped_unservable, m.length_capped_requests,
                    m.timed_out_requests, m.steps, m.peak_kv_blocks, m.kv_block_time_integral,
                    m.wait_queue_sample_sum, m.sim_ended.count(), m.cache_hit_rate, m.itl.count());
    for (const auto& [value, n] : m.itl.sorted()) text += fmt::format("{}x{} ", value, n);
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const request::Request& r = (*this)[i];
      const request::Measurements& x = r.measured;
      text +=
          fmt::format("\n{} {} {} {} {} {} {} {} {} {} {} {} {} {}", i, static_cast<int>(r.state),
                      r.ttft_set, x.ttft.count(), x.e2e.count(), x.scheduling_delay.count(),
                      x.completion_time.count(), x.itl_mean_us, x.itl_sum.count(), x.itl_count,
                      x.has_ttft, x.has_e2e, x.length_capped, r.progress);
    }
    text += fmt::format("\n{}", m.kv_thrashing_rate);
    // Private blocks have no place in the list; over lower tiers there are none.
    if (options_.tiers != LowerTiers::kNone) {
      text += fmt::format(" {}", fmt::join(free_blocks(instance_->kv()), ","));
    }
    text += "\n";
    for (const auto& [adapter, counts] : instance_->adapter_counts()) {
      text += fmt::format("{}: {}, {} ", symbols_.text(adapter), counts.loads, counts.evictions);
    }
    for (const End& end : ends_) {
      text += fmt::format("{}:{}@{} ", end.request.value(), static_cast<int>(end.outcome),
                          end.at.count());
    }
    return text;
  }

 private:
  static std::vector<std::uint32_t> free_blocks(const kv::KvStore& cache) {
    std::vector<std::uint32_t> ids;
    for (const BlockId block : const_cast<kv::KvStore&>(cache).gpu_tier()->pool().free_list()) {
      ids.push_back(block.value());
    }
    return ids;
  }

  /// The cache, with tiers that are drawn from a stream of their own.
  kv::KvConfig kv_config(std::uint64_t seed) const {
    kv::KvConfig c;
    c.total_blocks = config_.total_kv_blocks;
    c.block_size = config_.block_size_tokens;
    Draw draw(seed + 77);
    const std::int64_t cpu_blocks =
        draw.one_in(2) ? draw.between(1, 60) : draw.between(1, 2 * c.total_blocks);
    c.tier_hits_save_prefill = draw.one_in(3);
    if (options_.tiers == LowerTiers::kCpu) {
      c.cpu_tier = {.cpu_blocks = cpu_blocks,
                    .bandwidth_tokens_per_tick = 0.1,
                    .base_latency_ticks = draw.between(0, 40)};
    }
    if (options_.tiers == LowerTiers::kOffload) {
      kv::OffloadConfig& o = c.offload.emplace();
      o.per_block_bytes = 1000;
      o.cpu_bytes_to_use = 1000 * cpu_blocks;
      o.block_size = c.block_size;
      o.offload_prompt_only = draw.one_in(2);
      for (std::int64_t i = draw.between(0, 2); i > 0; --i) {
        kv::SecondaryTierConfig& tier = o.secondary_tiers.emplace_back();
        tier.n_read_threads = draw.between(1, 3);
        tier.n_write_threads = draw.between(1, 3);
        tier.device.read_bandwidth = static_cast<double>(draw.between(1, 50));
        tier.device.write_bandwidth = static_cast<double>(draw.between(1, 50));
        tier.device.base_latency = static_cast<double>(draw.between(0, 500));
        tier.device.latency_jitter_stddev = draw.one_in(2) ? 0.3 : 0.0;
      }
    }
    return c;
  }

  void draw_config() {
    config_.stepper = options_.stepper;
    config_.speculation = options_.speculation;
    config_.block_size_tokens = draw_.one_in(6) ? 1 : draw_.between(2, 16);
    config_.max_num_seqs = draw_.one_in(3) ? draw_.between(1, 4) : draw_.between(4, 40);
    config_.max_num_batched_tokens =
        draw_.one_in(3) ? draw_.between(1, 30) : draw_.between(30, 400);
    config_.long_prefill_token_threshold = draw_.one_in(2) ? 0 : draw_.between(1, 40);
    if (options_.prefill_threshold) {
      config_.long_prefill_token_threshold = *options_.prefill_threshold;
    }
    config_.total_kv_blocks = draw_.one_in(2) ? draw_.between(4, 40) : draw_.between(40, 2000);
    // Without a context limit a request that outgrows the cache would be preempted for ever.
    config_.max_model_len_tokens =
        std::min<std::int64_t>(config_.total_kv_blocks * config_.block_size_tokens,
                               draw_.one_in(3) ? draw_.between(20, 100) : 400);
    config_.scheduler = std::string(draw_.from(engine::scheduler_entries()).name);
    config_.preemption_policy = draw_.one_in(2) ? "fcfs" : "priority";
    if (draw_.one_in(4) && !options_.is_calm) config_.horizon = Micros(draw_.between(1, 400'000));
    if (options_.adapters != AdapterUse::kNone) declare_adapters();
  }

  void declare_adapters() {
    constexpr std::int64_t kAdapters = 4;
    const std::int64_t capacity = Draw(config_.total_kv_blocks).between(1, kAdapters);
    // Preempted requests keep their adapters. Where others may pass them, they could block these
    // for ever (spec engine W4).
    if (capacity < kAdapters && options_.adapters == AdapterUse::kNamed) config_.scheduler = "fcfs";
    const model::LoraConfig lora = {
        .adapter_capacity = capacity,
        .load_base_latency_us = 1500,
        .load_bandwidth_bytes_per_us = 2e6,
        .footprint_bytes_per_rank = 2e6,
        .step_overhead_tiers = {{8, {0.02, 1}}, {16, {0.035, 1}}, {32, {0.06, 1}}},
        .adapters = {{"a", 8, ""}, {"b", 16, ""}, {"c", 64, ""}, {"d", 12, ""}}};
    auto settings = std::make_shared<engine::AdapterSettings>();
    settings->capacity = capacity;
    settings->cost = std::make_shared<model::LoraCostModel>(lora);
    for (const model::LoraAdapter& adapter : lora.adapters) {
      settings->ranks[symbols_.intern(adapter.id)] = adapter.rank;
    }
    config_.adapters = std::move(settings);
  }

  request::RequestSpec draw_request(std::int64_t k, Micros arrival) {
    static constexpr const char* kClasses[] = {"", "critical", "batch", "background"};
    static constexpr const char* kAdapters[] = {"a", "b", "c", "d"};
    const std::int64_t prefix = draw_.one_in(3) ? 0 : draw_.between(1, 30);
    const auto group = static_cast<std::int32_t>(draw_.between(1, 3)) * 100'000;
    const std::int64_t input = prefix + draw_.between(prefix > 0 && draw_.one_in(3) ? 0 : 1, 60);
    const std::int64_t planned = draw_.one_in(10) ? draw_.between(0, 1) : draw_.between(1, 60);
    const std::int64_t output = planned + options_.more_output;
    Draw contents(static_cast<std::uint64_t>(draw_.between(0, 1'000'000)));
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < prefix; ++i)
      tokens.push_back(group + static_cast<std::int32_t>(i));
    while (static_cast<std::int64_t>(tokens.size()) < input + output) {
      const auto bit = static_cast<std::int32_t>(contents.between(0, 1));
      const auto own = static_cast<std::int32_t>((k + 10) * 1'000'000 + std::ssize(tokens));
      tokens.push_back(options_.contents == Contents::kRepeating ? bit : own);
    }
    request::BlockKeyChain chain(config_.block_size_tokens);
    const std::span<const std::int32_t> all(tokens);
    chain.append(all.first(static_cast<std::size_t>(input)));

    request::RequestSpec spec;
    spec.name.number = k;
    spec.arrival = arrival;
    const bool has_deadline = draw_.one_in(4);
    const Micros deadline = arrival + Micros(draw_.between(1, 60'000));
    if (has_deadline && !options_.is_calm) spec.deadline = deadline;
    spec.input_tokens = input;
    spec.output_tokens = output;
    if (draw_.one_in(2)) spec.max_output_tokens = planned;
    spec.slo_class = symbols_.intern(kClasses[draw_.between(0, 3)]);
    if (options_.adapters == AdapterUse::kNamed && !contents.one_in(4)) {
      spec.adapter =
          symbols_.intern(contents.one_in(20) ? "not-declared" : kAdapters[contents.between(0, 3)]);
    }
    if (options_.contents == Contents::kPrivate && input > 0) {
      request::BlockKeyChain shared(config_.block_size_tokens);
      shared.append(all.first(static_cast<std::size_t>(prefix)));
      spec.keys = request::make_private_keys(std::move(shared));
    } else {
      spec.keys =
          request::make_token_keys(std::move(chain), all.subspan(static_cast<std::size_t>(input)));
    }
    return spec;
  }

  void evict_somebody() {
    const RequestId victim(
        static_cast<std::uint32_t>(draw_.between(0, std::ssize(instance_->rows()) - 1)));
    const request::RequestState state = requests_[victim].state;
    if (state != request::RequestState::kRunning && state != request::RequestState::kQueued) return;
    if (instance_->evict(victim, instance_->clock())) evicted_.push_back(victim);
  }

  void on_terminal(RequestId request, request::TerminalOutcome outcome, Micros at) override {
    ends_.push_back({request, outcome, at});
  }

  RandomEngineOptions options_;
  Draw draw_;
  SensitiveLatency latency_;
  SymbolTable symbols_;
  request::RequestTable requests_;
  engine::SloPriorities priorities_;
  engine::InstanceConfig config_;
  std::optional<engine::Instance> instance_;
  std::vector<End> ends_;
  std::vector<RequestId> evicted_;
};

}  // namespace blis::testing
