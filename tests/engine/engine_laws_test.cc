// The laws of an instance, over random engines under random loads. SOURCE spec engine 15.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "testing/engine_bench.h"
#include "testing/random_engine.h"

namespace blis::engine {
namespace {

using request::Request;
using request::RequestState;
using request::TerminalOutcome;
using testing::AdapterUse;
using testing::RandomEngine;
using testing::RandomEngineOptions;

constexpr std::uint64_t kSeeds = 300;
constexpr int kTooManyEvents = 200'000;

bool is_final(RequestState state) {
  return state == RequestState::kCompleted || state == RequestState::kTimedOut;
}

/// Drives one engine to its end and holds it against the laws after every event.
class LawKeeper {
 public:
  LawKeeper(std::uint64_t seed, const RandomEngineOptions& options)
      : options_(options), engine_(seed, options) {}

  /// "" or the first law that was broken, and how.
  std::string run() {
    for (int events = 0;; ++events) {
      if (events == kTooManyEvents) return "the engine comes to no end";
      remember();
      if (!engine_.advance()) break;
      check_event();
      if (!broken_.empty()) return broken_;
    }
    engine_.instance().finalize();
    check_end();
    return broken_;
  }

 private:
  struct Before {
    RequestState state;
    std::int64_t progress;
  };

  template <typename... Args>
  void require(bool holds, std::string_view law, fmt::format_string<Args...> text, Args&&... args) {
    if (holds || !broken_.empty()) return;
    broken_ = fmt::format("{} at {} µs: {}", law, engine_.instance().clock().count(),
                          fmt::format(text, std::forward<Args>(args)...));
  }

  const InstanceMetrics& metrics() { return engine_.instance().metrics(); }

  void remember() {
    before_.clear();
    for (std::size_t i = 0; i < engine_.requests().size(); ++i) {
      before_.push_back({engine_[i].state, engine_[i].progress});
    }
    clock_ = engine_.instance().clock();
    steps_ = metrics().steps;
    preemptions_ = metrics().preemption_count;
    evictions_ = engine_.evicted().size();
  }

  void check_event() {
    const Instance& instance = engine_.instance();
    const InstanceConfig& config = engine_.config();
    require(instance.clock() >= clock_, "INV-3", "the clock was at {}", clock_.count());
    require(metrics().steps <= steps_ + 1, "INV-3", "two steps in one event");
    if (metrics().steps > steps_) check_step();

    const std::int64_t used = instance.kv().used_blocks();
    require(used >= 0 && used <= config.total_kv_blocks, "INV-4", "{} of {} blocks in use", used,
            config.total_kv_blocks);
    require(instance.batch_size() > 0 || used == 0, "INV-4", "nobody runs, {} blocks in use", used);
    require(instance.batch_size() <= config.max_num_seqs, "batch limit", "{} run",
            instance.batch_size());
    require(
        instance.queue_depth() == 0 || instance.has_pending_step() || instance.is_loading_adapter(),
        "INV-8", "{} wait for nothing", instance.queue_depth());
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const RequestState state = engine_[i].state;
      require(!is_final(before_[i].state) || state == before_[i].state, "INV-2",
              "request {} came back from its end", i);
      require(state != RequestState::kWaitingForRemoteKvs, "INV-2",
              "request {} waits for another instance", i);
      // Nobody completes who was not admitted, and who completes has been in the batch at least
      // once.
      require(state != RequestState::kCompleted || engine_[i].measured.has_scheduling_delay ||
                  std::ranges::find(engine_.evicted(), RequestId(i)) != engine_.evicted().end(),
              "INV-2", "request {} completed without having run", i);
    }
    if (instance.next_event_time() > instance.clock()) check_conservation();
    if (options_.adapters != AdapterUse::kNone) check_adapters();
  }

  /// Between two ticks everybody is somewhere, and nobody twice.
  void check_conservation() {
    const Instance& instance = engine_.instance();
    std::int64_t in_transit = 0;
    std::int64_t running = 0;
    for (std::size_t i = 0; i < engine_.requests().size(); ++i) {
      const Request& r = engine_[i];
      const Micros entry = r.spec.arrival + engine_.latency().queueing_time(r.spec.input_tokens);
      if (entry > instance.clock()) ++in_transit;
      if (r.state == RequestState::kRunning) ++running;
    }
    const InstanceMetrics& m = metrics();
    const std::int64_t accounted = in_transit + instance.queue_depth() + instance.batch_size() +
                                   m.completed_requests + m.dropped_unservable +
                                   m.timed_out_requests + std::ssize(engine_.evicted());
    require(accounted == std::ssize(before_), "INV-1", "{} of {} requests accounted for", accounted,
            before_.size());
    require(running == instance.batch_size(), "INV-1", "{} run, {} are in the batch", running,
            instance.batch_size());
  }

  void check_step() {
    const Micros now = engine_.instance().clock();
    // While an adapter is loaded a time-out may cause another step at once.
    const bool may_repeat = options_.adapters != AdapterUse::kNone;
    require(steps_ == 0 || now > last_step_ || (may_repeat && now == last_step_), "INV-3",
            "the step before was at {}", last_step_.count());
    last_step_ = now;
    // Only the plain stepper keeps every request's grant.
    if (options_.stepper == StepperKind::kPlain && engine_.evicted().size() == evictions_) {
      check_grants();
    }
  }

  void check_grants() {
    const InstanceConfig& config = engine_.config();
    const std::int64_t max_len = config.max_model_len_tokens;
    std::int64_t granted = 0;
    std::vector<std::size_t> batch;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const bool completed =
          !is_final(before_[i].state) && engine_[i].state == RequestState::kCompleted;
      if (engine_[i].state != RequestState::kRunning && !completed) continue;
      batch.push_back(i);
      granted += engine_[i].step_tokens;
    }
    require(granted <= config.max_num_batched_tokens, "token budget", "{} tokens in a step",
            granted);
    // With the `priority` policy the phase also ends where a request is its own victim.
    const bool everybody_reached =
        config.preemption_policy == "fcfs" || metrics().preemption_count == preemptions_;
    if (!everybody_reached || granted == config.max_num_batched_tokens) return;
    for (const std::size_t i : batch) {
      const Request& r = engine_[i];
      const bool decodes = before_[i].state == RequestState::kRunning &&
                           before_[i].progress >= r.spec.input_tokens && r.spec.output_tokens > 0;
      const bool at_cap = max_len > 0 && before_[i].progress + 1 > max_len - 1;
      require(!decodes || at_cap || r.step_tokens == 1, "INV-12", "request {} was passed over", i);
    }
  }

  void check_adapters() {
    const std::span<const Symbol> resident = engine_.instance().resident_adapters();
    require(std::ssize(resident) <= engine_.config().adapters->capacity, "adapter slots",
            "{} adapters are resident", resident.size());
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const Request& r = engine_[i];
      require(r.state != RequestState::kRunning || r.spec.adapter == SymbolTable::empty() ||
                  std::ranges::find(resident, r.spec.adapter) != resident.end(),
              "adapter pins", "request {} runs without its adapter", i);
      require(!is_final(r.state) || !r.adapter_pinned, "adapter pins",
              "request {} has ended and keeps its adapter", i);
    }
    std::int64_t loaded = 0;
    for (const auto& [adapter, counts] : engine_.instance().adapter_counts()) {
      loaded += counts.loads - counts.evictions;
    }
    require(loaded == std::ssize(resident), "adapter counts", "{} loaded, {} resident", loaded,
            resident.size());
  }

  void check_end() {
    const InstanceMetrics& m = metrics();
    std::map<TerminalOutcome, std::int64_t> outcomes;
    std::vector<bool> has_ended(before_.size());
    for (const RandomEngine::End& end : engine_.ends()) {
      require(!has_ended[end.request.index()], "INV-1", "request {} ended twice",
              end.request.value());
      has_ended[end.request.index()] = true;
      ++outcomes[end.outcome];
      if (end.outcome == TerminalOutcome::kCompleted) check_completed(end);
    }
    require(outcomes[TerminalOutcome::kCompleted] == m.completed_requests &&
                outcomes[TerminalOutcome::kDropped] == m.dropped_unservable &&
                outcomes[TerminalOutcome::kTimedOut] == m.timed_out_requests,
            "INV-1", "told of {} completions, {} drops, {} time-outs",
            outcomes[TerminalOutcome::kCompleted], outcomes[TerminalOutcome::kDropped],
            outcomes[TerminalOutcome::kTimedOut]);
    require(m.total_output_tokens == output_tokens_, "token totals",
            "{} output tokens, {} produced", m.total_output_tokens, output_tokens_);
    require(m.itl.count() == itl_entries_, "ITL entries", "{} in the list, {} of requests",
            m.itl.count(), itl_entries_);
    std::int64_t itl_sum = 0;
    for (const auto& [latency, n] : m.itl.sorted()) {
      itl_sum += latency * n;
      require(latency >= 1 + engine_.latency().output_token_processing_time().count(), "INV-5",
              "an inter-token latency of {}", latency);
    }
    require(itl_sum == decode_time_.count(), "ITL sum", "{} in the list, {} in E2E times", itl_sum,
            decode_time_.count());
    if (engine_.config().horizon == Micros::max()) {
      require(engine_.instance().is_idle(), "the run drains", "{} wait, {} run", m.still_queued,
              m.still_running);
    }
  }

  void check_completed(const RandomEngine::End& end) {
    const std::size_t i = end.request.index();
    const Request& r = engine_[i];
    const request::Measurements& x = r.measured;
    const std::int64_t input = r.spec.input_tokens;
    const std::int64_t output = r.spec.output_tokens;
    const std::int64_t max_len = engine_.config().max_model_len_tokens;
    const Micros post_decode = output > 0 ? engine_.latency().post_decode_overhead() : Micros();
    require(
        r.state == RequestState::kCompleted && x.has_ttft && x.has_e2e && x.has_scheduling_delay,
        "INV-2", "request {} completed without its times", i);
    require(x.scheduling_delay >= engine_.latency().queueing_time(input), "INV-5",
            "request {} was scheduled before it entered", i);
    require(x.ttft > x.scheduling_delay + engine_.latency().output_token_processing_time(), "INV-5",
            "request {} answered in no time", i);
    require(x.ttft == r.first_token, "TTFT sum",
            "request {} has a TTFT of {}, and {} on its way to the sum", i, x.ttft.count(),
            r.first_token.count());
    require(x.e2e >= x.ttft, "INV-5", "request {} ended before its first token", i);
    require(end.at > r.spec.arrival + x.scheduling_delay, "INV-5",
            "request {} ended before its last admission", i);
    const std::int64_t entries =
        x.length_capped ? max_len - 1 - input : std::max<std::int64_t>(output, 1) - 1;
    require(x.itl_count == entries, "ITL entries", "request {} has {} instead of {}", i,
            x.itl_count, entries);
    itl_entries_ += x.itl_count;
    decode_time_ += x.e2e - x.ttft - post_decode;
    output_tokens_ += x.length_capped ? max_len - input : output;
  }

  RandomEngineOptions options_;
  RandomEngine engine_;
  std::string broken_;

  // Before the event.
  std::vector<Before> before_;
  Micros clock_;
  std::int64_t steps_ = 0;
  std::int64_t preemptions_ = 0;
  std::size_t evictions_ = 0;
  Micros last_step_;

  // Of completed requests.
  std::int64_t itl_entries_ = 0;
  std::int64_t output_tokens_ = 0;
  Micros decode_time_;
};

TEST(EngineLaws, HoldAfterEveryEvent) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const StepperKind stepper : {StepperKind::kPlain, StepperKind::kFast}) {
      ASSERT_EQ(LawKeeper(seed, {.stepper = stepper}).run(), "") << "seed " << seed;
    }
  }
}

TEST(EngineLaws, HoldWithAdapters) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const StepperKind stepper : {StepperKind::kPlain, StepperKind::kFast}) {
      const RandomEngineOptions options = {.stepper = stepper, .adapters = AdapterUse::kNamed};
      ASSERT_EQ(LawKeeper(seed, options).run(), "") << "seed " << seed;
    }
  }
}

std::string whole_run(std::uint64_t seed, const RandomEngineOptions& options) {
  RandomEngine engine(seed, options);
  std::string seen;
  for (int events = 0; engine.advance(); ++events) {
    if (events == kTooManyEvents) return "the engine comes to no end";
    seen += engine.state();
  }
  engine.instance().finalize();
  return seen + engine.results();
}

TEST(EngineLaws, SameSeedSameRun) {  // INV-6
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RandomEngineOptions options = {.adapters = AdapterUse::kNamed};
    ASSERT_EQ(whole_run(seed, options), whole_run(seed, options)) << "seed " << seed;
  }
}

// SOURCE spec latency 18.14.
TEST(EngineLaws, AdaptersThatNobodyNamesChangeNothing) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ASSERT_EQ(whole_run(seed, {.adapters = AdapterUse::kDeclared}), whole_run(seed, {}))
        << "seed " << seed;
  }
}

// INV-9: until somebody is done, nobody can tell how long the answers will be.
TEST(EngineLaws, OutputLengthsAreSecretUntilTheFirstCompletion) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomEngine one(seed);
    RandomEngine other(seed, {.more_output = 7});
    while (one.advance() && other.advance()) {
      if (one.instance().metrics().completed_requests > 0) break;
      if (other.instance().metrics().completed_requests > 0) break;
      ASSERT_EQ(one.state(), other.state()) << "seed " << seed;
    }
  }
}

TEST(EngineLaws, ChunkingPromptsChangesNeitherCompletionsNorTokens) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto totals = [seed](std::int64_t threshold) {
      RandomEngine engine(seed, {.is_calm = true, .prefill_threshold = threshold});
      for (int events = 0; events < kTooManyEvents && engine.advance(); ++events) {
      }
      const InstanceMetrics& m = engine.instance().metrics();
      return std::vector{m.completed_requests, m.total_input_tokens, m.total_output_tokens,
                         m.dropped_unservable, m.length_capped_requests};
    };
    ASSERT_EQ(totals(0), totals(3)) << "seed " << seed;
  }
}

// A step's completions take effect at its start. When they empty the batch, a request that arrives
// before the step's end gets a step of its own, which may be over earlier.
TEST(EngineLaws, ClockStaysWithTheLongerOfTwoStepsThatOverlap) {
  testing::EngineBench bench;
  bench.latency.step_us = 10;
  bench.latency.prompt_token_us = 10;
  bench.add(500, 1);
  bench.add(20, 1, 1000, Micros(100));
  bench.run();
  EXPECT_EQ(bench.measured(RequestId(std::uint32_t{1})).e2e, Micros(210));
  EXPECT_EQ(bench.metrics().sim_ended, Micros(5010));
}

RC_GTEST_PROP(EngineLaws, LoneRequestIsDelayedByItsQueueingTimeOnly, ()) {
  testing::EngineBench bench;
  bench.latency.queueing_us = *rc::gen::inRange(0, 5000);
  const RequestId r = bench.add(*rc::gen::inRange(1, 500), *rc::gen::inRange(0, 50), 0,
                                Micros(*rc::gen::inRange(0, 100'000)));
  bench.run();
  RC_ASSERT(bench.measured(r).scheduling_delay == Micros(bench.latency.queueing_us));
}

}  // namespace
}  // namespace blis::engine
