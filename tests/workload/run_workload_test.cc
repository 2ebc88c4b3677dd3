#include "workload/run_workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"
#include "testing/servegen_data.h"
#include "testing/workload_digest.h"
#include "testing/workload_specs.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

const Presets kPresets = {{"chatbot", {0, {256, 100, 2, 800}, {256, 100, 1, 1024}}}};

ResolvedWorkload resolve(const RunWorkloadFlags& flags) {
  Diagnostics diagnostics;
  return resolve_run_workload(flags, kPresets, diagnostics);
}

RunWorkloadFlags with_file(const TemporaryFolder& folder, const std::string& yaml) {
  RunWorkloadFlags flags;
  flags.workload_spec = folder.write("w.yaml", yaml);
  return flags;
}

TEST(RunWorkload, FlagsMakeOneOpenLoopClientWithADeadline) {
  const ResolvedWorkload run = resolve({});
  ASSERT_EQ(run.spec.clients.size(), 1u);
  EXPECT_EQ(run.spec.seed, 42);
  EXPECT_EQ(run.spec.aggregate_rate_per_s, 1);
  EXPECT_EQ(run.options.max_requests, 100);
  EXPECT_EQ(run.options.horizon, Micros::max());
  EXPECT_EQ(run.options.timeout_override_us, 300'000'000);
  EXPECT_EQ(run.spec.clients[0].timeout_us, 300'000'000);
}

TEST(RunWorkload, PresetsIgnoreTokenFlags) {
  RunWorkloadFlags flags;
  flags.workload = "chatbot";
  flags.tokens.prompt.min = -5;
  EXPECT_EQ(resolve(flags).spec.clients[0].input_distribution.params.at("mean"), 256);
  flags.workload = "chatbat";
  EXPECT_THAT(message_of([&] { resolve(flags); }), HasSubstr("did you mean \"chatbot\""));
  flags.workload = "";
  EXPECT_THAT(message_of([&] { resolve(flags); }), HasSubstr("workload preset \"\""));
}

TEST(RunWorkload, ConcurrencyWinsOverPresetsAndNeedsABound) {
  RunWorkloadFlags flags;
  flags.workload = "chatbot";
  flags.concurrency = 3;
  flags.think_time_ms = 7;
  EXPECT_THAT(message_of([&] { resolve(flags); }), HasSubstr("needs num_requests or horizon"));
  flags.num_requests = {12, true};
  const ResolvedWorkload run = resolve(flags);
  EXPECT_EQ(run.spec.clients[0].concurrency, 3);
  EXPECT_EQ(run.spec.clients[0].think_time_us, 7'000);
  EXPECT_EQ(run.spec.clients[0].input_distribution.params.at("mean"), 512);  // not the preset's
  EXPECT_EQ(run.options.max_requests, 12);
}

TEST(RunWorkload, TheFileWinsAndKeepsItsOwnSettings) {
  const TemporaryFolder folder;
  RunWorkloadFlags flags = with_file(folder, testing::kSpecD);
  flags.workload = "no such preset";
  ResolvedWorkload run = resolve(flags);
  EXPECT_TRUE(run.is_from_file);
  EXPECT_EQ(run.options.horizon, Micros(3'000'000));
  EXPECT_EQ(run.options.max_requests, 40);
  EXPECT_FALSE(run.options.timeout_override_us.has_value());

  flags.horizon_us = {5, true};
  flags.num_requests = {0, true};  // explicitly unlimited
  flags.timeout_s = {-1, true};    // explicitly none
  flags.seed = {9, true};
  run = resolve(flags);
  EXPECT_EQ(run.options.horizon, Micros(5));
  EXPECT_EQ(run.options.max_requests, 0);
  EXPECT_EQ(run.options.timeout_override_us, 0);
  EXPECT_EQ(run.spec.seed, 9);
}

TEST(RunWorkload, TheOverrideReachesEveryRequestAndSession) {
  const TemporaryFolder folder;
  RunWorkloadFlags flags = with_file(folder, testing::kSpecD);
  flags.timeout_s = {2, true};
  const ResolvedWorkload run = resolve(flags);
  const auto played = testing::play(run.spec, run.options);
  for (const auto& seen : played->initial) {
    EXPECT_EQ(seen.request.deadline, seen.request.arrival + Micros(2'000'000));
  }
  const auto follow_ups = played->play_sessions();
  ASSERT_FALSE(follow_ups.empty());
  for (const auto& seen : follow_ups) {
    EXPECT_EQ(seen.request.deadline, seen.request.arrival + Micros(2'000'000));
  }
}

TEST(RunWorkload, LazyModeDropsTheSectionsItExpanded) {
  const TemporaryFolder folder;
  RunWorkloadFlags flags = with_file(folder, testing::kSpecE1);
  flags.lazy_generation = true;
  const ResolvedWorkload lazy = resolve(flags);
  EXPECT_FALSE(lazy.spec.inference_perf.has_value());
  EXPECT_EQ(lazy.spec.clients.size(), 4u);
  flags.lazy_generation = false;
  const ResolvedWorkload eager = resolve(flags);
  EXPECT_TRUE(eager.spec.inference_perf.has_value());
  const auto a = testing::play(lazy.spec, lazy.options);
  const auto b = testing::play(eager.spec, eager.options);
  EXPECT_EQ(a->lines(a->initial), b->lines(b->initial));
}

TEST(RunWorkload, NamesTheFlagThatIsWrong) {
  const auto with = [](auto change) {
    RunWorkloadFlags flags;
    change(flags);
    return message_of([&] { resolve(flags); });
  };
  EXPECT_THAT(with([](auto& f) { f.num_requests = {-1, true}; }), HasSubstr("--num-requests"));
  EXPECT_THAT(with([](auto& f) { f.tokens.prefix_tokens = -1; }), HasSubstr("--prefix-tokens"));
  EXPECT_THAT(with([](auto& f) { f.concurrency = -1; }), HasSubstr("--concurrency"));
  EXPECT_THAT(with([](auto& f) { f.think_time_ms = -1; }), HasSubstr("--think-time-ms"));
  EXPECT_THAT(with([](auto& f) { f.rate_per_s = {0, true}; }), HasSubstr("--rate"));
  EXPECT_THAT(with([](auto& f) { f.rate_per_s = {NAN, true}; }), HasSubstr("--rate"));
  EXPECT_THAT(with([](auto& f) { f.timeout_s = {0, true}; }), HasSubstr("--timeout"));
  EXPECT_THAT(with([](auto& f) { f.horizon_us = {0, true}; }), HasSubstr("--horizon"));
  EXPECT_THAT(with([](auto& f) {
                f.num_requests = {0, true};
              }),
              HasSubstr("needs num_requests or horizon"));
  EXPECT_THAT(
      with([](auto& f) {
        f.concurrency = 1;
        f.rate_per_s = {1, true};
      }),
      AllOf(HasSubstr("--concurrency"), HasSubstr("mutually exclusive"), HasSubstr("--rate")));
  EXPECT_THAT(with([](auto& f) {
                f.concurrency = 1;
                f.workload_spec = "x";
              }),
              AllOf(HasSubstr("mutually exclusive"), HasSubstr("--workload-spec")));
}

TEST(TokenFlags, AreCheckedInOrder) {
  const auto with = [](auto change) {
    TokenShape shape;
    change(shape);
    return message_of([&] { check_token_flags(shape); });
  };
  EXPECT_EQ(with([](auto&) {}), "no error");
  EXPECT_THAT(with([](auto& s) {
                s.prompt.min = 0;
                s.output.max = 0;
              }),
              HasSubstr("--prompt-tokens-min"));
  EXPECT_THAT(with([](auto& s) { s.prompt.max = 0; }), HasSubstr("--prompt-tokens-max"));
  EXPECT_THAT(with([](auto& s) { s.output.min = 0; }), HasSubstr("--output-tokens-min"));
  EXPECT_THAT(with([](auto& s) { s.output.max = 0; }), HasSubstr("--output-tokens-max"));
  EXPECT_THAT(with([](auto& s) { s.prompt.std_dev = -1; }), HasSubstr("--prompt-tokens-stdev"));
  EXPECT_THAT(with([](auto& s) { s.output.std_dev = -1; }), HasSubstr("--output-tokens-stdev"));
  EXPECT_THAT(with([](auto& s) { s.output.min = 7001; }),
              AllOf(HasSubstr("--output-tokens-min"), HasSubstr("7000")));
  EXPECT_THAT(with([](auto& s) { s.prompt.mean = 1; }), HasSubstr("outside [2, 7000]"));
  EXPECT_THAT(with([](auto& s) { s.prompt.std_dev = 7001; }),
              HasSubstr("greater than --prompt-tokens-max"));
  EXPECT_THAT(with([](auto& s) { s.prompt.std_dev = 1; }),
              HasSubstr("must be 0 or at least --prompt-tokens-min"));
  EXPECT_EQ(with([](auto& s) { s.prompt.std_dev = 0; }), "no error");
}

TEST(ObserveWorkload, OverridesOnlyWithPositiveFlagsAndInjectsNoDeadline) {
  const TemporaryFolder folder;
  Diagnostics diagnostics;
  ObserveWorkloadFlags flags;
  flags.workload_spec = folder.write("w.yaml", testing::kSpecD);
  ResolvedWorkload observed = resolve_observe_workload(flags, kPresets, diagnostics);
  EXPECT_EQ(observed.options.max_requests, 40);
  EXPECT_EQ(observed.options.horizon, Micros(3'000'000));
  EXPECT_FALSE(observed.options.timeout_override_us.has_value());
  flags.num_requests = {5, true};
  flags.horizon_us = {7, true};
  observed = resolve_observe_workload(flags, kPresets, diagnostics);
  EXPECT_EQ(observed.options.max_requests, 5);
  EXPECT_EQ(observed.options.horizon, Micros(7));
}

TEST(ObserveWorkload, ThinkTimeDistributionsReachEverySession) {
  Diagnostics diagnostics;
  ObserveWorkloadFlags flags;
  flags.concurrency = 2;
  flags.num_requests = {6, true};
  flags.think_time_dist = "constant:value=7s";
  const ResolvedWorkload observed = resolve_observe_workload(flags, kPresets, diagnostics);
  const auto played = testing::play(observed.spec, observed.options);
  const auto follow_ups = played->play_sessions();
  ASSERT_EQ(follow_ups.size(), 4u);
  EXPECT_EQ(follow_ups[0].request.arrival, played->initial[0].request.arrival + Micros(8'000'000));
}

TEST(ObserveWorkload, NamesTheFlagThatIsWrong) {
  const auto with = [](auto change) {
    ObserveWorkloadFlags flags;
    change(flags);
    Diagnostics diagnostics;
    return message_of([&] { resolve_observe_workload(flags, kPresets, diagnostics); });
  };
  EXPECT_THAT(with([](auto&) {}), HasSubstr("is required"));
  EXPECT_THAT(with([](auto& f) { f.workload = {"chatbot", true}; }), HasSubstr("needs --rate"));
  EXPECT_THAT(with([](auto& f) {
                f.rate_per_s = {1, true};
              }),
              HasSubstr("needs num_requests or horizon"));
  EXPECT_THAT(with([](auto& f) {
                f.rate_per_s = {1, true};
                f.think_time_dist = "constant:value=1";
              }),
              HasSubstr("requires --concurrency"));
  EXPECT_THAT(with([](auto& f) {
                f.concurrency = 1;
                f.think_time_ms = {1, true};
                f.think_time_dist = "constant:value=1";
              }),
              HasSubstr("mutually exclusive with --think-time-ms"));
  EXPECT_THAT(with([](auto& f) {
                f.workload = {"chatbot", true};
                f.workload_spec = "x";
              }),
              HasSubstr("mutually exclusive with --workload-spec"));
}

}  // namespace
}  // namespace blis::workload
