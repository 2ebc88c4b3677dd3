#include "workload/spec_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"
#include "testing/workload_digest.h"
#include "testing/workload_specs.h"
#include "workload/spec_writer.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::parse;

TEST(SpecReader, ReadsEveryKey) {
  const WorkloadSpec spec = parse(R"(
version: 2
seed: 0x1F
category: reasoning
aggregate_rate: 1e1
horizon: 1e6
num_requests: 1_0
goodput_slo_targets: {critical: {ttft_ms: 1, itl_ms: 2, e2e_ms: 3}, batch: ~}
servegen_data: {path: p, time_window: t, span_start: 1, span_end: 2, window_duration_secs: 3, drain_timeout_secs: 4}
inference_perf:
  stages: [{rate: 2.5, duration: 10}]
  shared_prefix: {num_unique_system_prompts: 1, num_users_per_system_prompt: 2, system_prompt_len: 3, question_len: 4, output_len: 5, enable_multi_turn_chat: yes}
clients:
- id: 7
  tenant_id: t
  slo_class: batch
  model: m
  adapter: a
  rate_fraction: 010
  concurrency: 3
  think_time_us: 4
  arrival: {process: gamma, cv: 2, shape: 3, scale: 4}
  input_distribution: {type: gaussian, params: {mean: 1, std_dev: }, file: f}
  output_distribution: {type: empirical, params: {100: 0.5, "200": 0.5}}
  prefix_group: g
  prefix_length: 7.9
  streaming: on
  network: {rtt_ms: 1, bandwidth_mbps: 2}
  lifecycle: {windows: [~, {start_us: 1, end_us: 2, trace_rate: 3, arrival: {process: x}, input_distribution: {type: y}, output_distribution: {type: z}}]}
  multimodal: {text_distribution: {type: a}, image_distribution: {type: b}, image_count_distribution: {type: c}, audio_distribution: {type: d}, audio_count_distribution: {type: e}, video_distribution: {type: f}, video_count_distribution: {type: g}}
  reasoning: {reason_ratio_distribution: {type: h}, multi_turn: {max_rounds: 1, think_time_us: 2, context_growth: accumulate, single_session: true}}
  timeout: 0
  slo_target_us: 5
  closed_loop: false
cohorts:
- id: co
  population: 2.7
  rate_fraction: 1
  prefix_sharing: shared
  diurnal: {peak_hour: 1, peak_to_trough_ratio: 2}
  spike: {start_time_us: 3, duration_us: 4, trace_rate: 5}
  drain: {start_time_us: 6, ramp_duration_us: 7}
)");
  EXPECT_EQ(spec.seed, 31);
  EXPECT_EQ(spec.aggregate_rate_per_s, 10);
  EXPECT_EQ(spec.horizon_us, 1'000'000);
  EXPECT_EQ(spec.num_requests, 10);
  EXPECT_EQ(spec.goodput_slo_targets.at("critical").itl_ms, 2);
  EXPECT_TRUE(spec.goodput_slo_targets.contains("batch"));
  EXPECT_EQ(spec.servegen_data->drain_timeout_s, 4);
  EXPECT_TRUE(spec.inference_perf->shared_prefix->enable_multi_turn_chat);
  EXPECT_EQ(spec.inference_perf->stages.at(0).duration_s, 10);

  const ClientSpec& client = spec.clients.at(0);
  EXPECT_EQ(client.line, 14);
  EXPECT_EQ(client.id, "7");
  EXPECT_EQ(client.rate_fraction, 8);
  EXPECT_EQ(client.prefix_length, 7);
  EXPECT_TRUE(client.streaming);
  EXPECT_EQ(client.input_distribution.params.at("std_dev"), 0);
  EXPECT_EQ(client.output_distribution.params.size(), 2u);
  EXPECT_EQ(client.network->bandwidth_mbps, 2);
  ASSERT_EQ(client.windows->size(), 1u);
  EXPECT_TRUE(client.windows->front().has_override());
  EXPECT_EQ(client.windows->front().output_distribution->type, "z");
  EXPECT_EQ(client.multimodal->video_count_distribution.type, "g");
  EXPECT_TRUE(client.multi_turn()->accumulates());
  EXPECT_TRUE(client.multi_turn()->single_session);
  EXPECT_EQ(client.timeout_us, 0);
  EXPECT_EQ(client.closed_loop, false);
  EXPECT_FALSE(client.is_closed_loop());

  const CohortSpec& cohort = spec.cohorts.at(0);
  EXPECT_EQ(cohort.population, 2);
  EXPECT_EQ(cohort.spike->trace_rate_per_s, 5);
  EXPECT_EQ(cohort.drain->ramp_duration_us, 7);
}

TEST(SpecReader, ReportsAllMistakesWithTheirLines) {
  const std::string message = message_of([] {
    parse(
        "version: 2\nnum_request: 5\nclients:\n- id: a\n  rate_fraction: \"1\"\n  arival: "
        "{process: poisson}\n");
  });
  EXPECT_THAT(message,
              AllOf(HasSubstr("test.yaml:2"), HasSubstr("num_request"), HasSubstr("num_requests")));
  EXPECT_THAT(message, AllOf(HasSubstr("test.yaml:5"), HasSubstr("clients[0].rate_fraction")));
  EXPECT_THAT(message,
              AllOf(HasSubstr("test.yaml:6"), HasSubstr("arival"), HasSubstr("\"arrival\"")));
}

TEST(SpecReader, CohortsHaveNoWindowsOrUsersOfTheirOwn) {
  for (const char* key : {"lifecycle: {}", "concurrency: 2", "think_time_us: 3"}) {
    EXPECT_THAT(message_of([&] { parse(std::string("cohorts: [{") + key + "}]"); }),
                HasSubstr("cohorts[0]"));
  }
}

TEST(SpecReader, AnEmptyFileIsAnError) {
  EXPECT_THAT(message_of([] { parse("# nothing\n"); }), HasSubstr("parsing workload spec: EOF"));
  EXPECT_EQ(parse("---\n").version, "2");
  EXPECT_EQ(parse("{}").clients.size(), 0u);
  Diagnostics diagnostics;
  EXPECT_THAT(message_of([&] { load_workload_spec("no/such/file.yaml", diagnostics); }),
              HasSubstr("no/such/file.yaml"));
}

TEST(SpecReader, WarnsAboutKeysWithoutEffect) {
  Diagnostics diagnostics;
  parse_workload_spec(
      "version: 2\nclients: [{network: {rtt_ms: 1}, input_distribution: {file: f}}]\n"
      "cohorts: [{network: {}}]\nservegen_data: {span_end: 1}\n",
      "f", diagnostics);
  ASSERT_EQ(diagnostics.entries().size(), 3u);
  EXPECT_EQ(diagnostics.entries()[0].first, "clients[0].network");
  EXPECT_EQ(diagnostics.entries()[0].count, 2);
  EXPECT_EQ(diagnostics.entries()[1].first, "clients[0].input_distribution.file");
  EXPECT_EQ(diagnostics.entries()[2].first, "servegen_data");
}

TEST(SpecReader, UpgradesVersionOne) {
  Diagnostics diagnostics;
  const std::string text =
      "clients: [{slo_class: realtime}, {slo_class: interactive}, {slo_class: batch}]\n"
      "cohorts: [{slo_class: realtime}]\n";
  WorkloadSpec spec = parse_workload_spec("version: 1\n" + text, "f", diagnostics);
  EXPECT_EQ(spec.version, "2");
  EXPECT_EQ(spec.clients[0].slo_class, "critical");
  EXPECT_EQ(spec.clients[1].slo_class, "standard");
  EXPECT_EQ(spec.clients[2].slo_class, "batch");
  EXPECT_EQ(spec.cohorts[0].member.slo_class, "realtime");  // cohorts are left alone
  EXPECT_EQ(diagnostics.entries().at(0).count, 2);
  upgrade_v1(spec, diagnostics);
  EXPECT_EQ(diagnostics.entries().at(0).count, 2);
  EXPECT_EQ(parse("version: 3\n" + text).clients[0].slo_class, "realtime");
}

TEST(SpecWriter, WhatItWritesReadsBackTheSame) {
  for (const char* yaml : {testing::kSpecA, testing::kSpecB, testing::kSpecC, testing::kSpecD,
                           testing::kSpecE1, testing::kSpecF}) {
    const std::string once = format_workload_spec(parse(yaml));
    EXPECT_EQ(format_workload_spec(parse(once)), once);
    const auto before = testing::play(parse(yaml), testing::own_options(parse(yaml)));
    const auto after = testing::play(parse(once), testing::own_options(parse(once)));
    EXPECT_EQ(before->lines(before->initial), after->lines(after->initial));
  }
}

}  // namespace
}  // namespace blis::workload
