// The description of a run: limits, what replay refuses, what goes where. SOURCE spec cli 4.1,
// engine 2.1, control-plane 2.5.

#include "config/deployment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::HasSubstr;

/// A small dense model on a small GPU.
ResolvedModel some_model() {
  ResolvedModel m;
  m.name = "org/model";
  m.gpu_type = "GPU";
  m.architecture.num_layers = 4;
  m.architecture.hidden_dim = 256;
  m.architecture.num_heads = 8;
  m.architecture.num_kv_heads = 8;
  m.architecture.vocab_size = 1000;
  m.architecture.intermediate_dim = 512;
  m.architecture.activation_bytes = 2;
  m.gpu = {.tflops_peak = 100,
           .tflops_fp8 = 0,
           .bandwidth_tb_per_s = 1,
           .mfu_prefill = 0.5,
           .mfu_decode = 0.3,
           .memory_gib = 8};
  m.latency.backend = "roofline";
  m.latency.alpha = {0, 0, 0};
  m.latency.tensor_parallel = 2;
  m.total_kv_blocks = 77;
  m.max_model_len_tokens = 1000;
  m.block_size_tokens = 32;
  return m;
}

Deployment resolve(const std::vector<std::string>& words, CommandKind command = CommandKind::kRun,
                   const ResolvedModel& model = some_model()) {
  SimulationFlags flags;
  FlagSet set;
  register_flags(flags, set);
  set.parse(words);
  Diagnostics diagnostics;
  return resolve_deployment(flags, command, model, std::nullopt, Micros(99), diagnostics);
}

std::string error_of(const std::vector<std::string>& words,
                     CommandKind command = CommandKind::kRun) {
  try {
    resolve(words, command);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::string bundle_file(const std::string& text) {
  static const testing::TemporaryFolder folder;
  return folder.write("bundle.yaml", text);
}

TEST(Deployment, CarriesModelLimitsAndPolicies) {
  const cluster::ClusterConfig c =
      resolve({"--seed=7", "--num-instances=3", "--max-num-seqs=5", "--scheduler=sjf",
               "--max-num-batched-tokens=6", "--long-prefill-token-threshold=4",
               "--kv-cpu-blocks=9", "--routing-policy=least-loaded"})
          .cluster;
  EXPECT_EQ(c.seed, 7);
  EXPECT_EQ(c.num_instances, 3);
  EXPECT_EQ(c.model, "org/model");
  EXPECT_EQ(c.gpu_type, "GPU");
  EXPECT_EQ(c.tensor_parallel, 2);
  EXPECT_EQ(c.instance.horizon, Micros(99));
  EXPECT_EQ(c.instance.max_num_seqs, 5);
  EXPECT_EQ(c.instance.max_num_batched_tokens, 6);
  EXPECT_EQ(c.instance.long_prefill_token_threshold, 4);
  EXPECT_EQ(c.instance.max_model_len_tokens, 1000);
  EXPECT_EQ(c.instance.block_size_tokens, 32);
  EXPECT_EQ(c.instance.total_kv_blocks, 77);
  EXPECT_EQ(c.instance.scheduler, "sjf");
  EXPECT_EQ(c.kv.cpu_tier.cpu_blocks, 9);
  EXPECT_EQ(c.gateway.routing.policy, "least-loaded");
  EXPECT_NE(c.latency, nullptr);
}

TEST(Deployment, RefusesLimitsOutOfRange) {
  for (const std::string flag :
       {"--num-instances=0", "--total-kv-blocks=0", "--max-num-seqs=0",
        "--max-num-batched-tokens=0", "--long-prefill-token-threshold=-1", "--horizon=0"}) {
    EXPECT_THAT(error_of({flag}), HasSubstr(flag.substr(0, flag.find('='))));
  }
}

TEST(Deployment, ReplayRefusesTheControlPlaneEvenWhenItIsOff) {
  EXPECT_THAT(error_of({"--model-autoscaler-interval-us=0"}, CommandKind::kReplay),
              HasSubstr("autoscaler"));
  EXPECT_EQ(error_of({"--model-autoscaler-interval-us=0"}), "no error");
  const std::string autoscaler = bundle_file("autoscaler: {interval_us: 5}\n");
  EXPECT_THAT(error_of({"--policy-config", autoscaler}, CommandKind::kReplay),
              HasSubstr("autoscaler.interval_us"));
  const std::string nodes = bundle_file(
      "node_pools: [{name: a, gpu_type: H, gpus_per_node: 1, gpu_memory_gib: 1, max_nodes: 1}]\n");
  EXPECT_THAT(error_of({"--policy-config", nodes}, CommandKind::kReplay), HasSubstr("node_pools"));
  const std::string lifecycle = bundle_file("instance_lifecycle: {loading_delay: {mean: 5}}\n");
  EXPECT_EQ(error_of({"--policy-config", lifecycle}, CommandKind::kReplay), "no error");
}

TEST(Deployment, TakesTheAutoscalerFromTheBundleOnlyWithItsInterval) {
  const std::string with = bundle_file(
      "autoscaler: {interval_us: 5.9, scale_up_stabilization_window_us: 7, analyzer: "
      "{avg_input_tokens: 80}}\n");
  control::AutoscalerConfig c = resolve({"--policy-config", with}).cluster.control.autoscaler;
  EXPECT_EQ(c.interval, Micros(5));
  EXPECT_EQ(c.up_window_us, 7);
  EXPECT_EQ(c.analysis.avg_input_tokens, 80);
  EXPECT_EQ(c.analysis.scale_up_threshold, 0.8);
  c = resolve({"--policy-config", with, "--model-autoscaler-interval-us=0"})
          .cluster.control.autoscaler;
  EXPECT_EQ(c.interval, Micros(0));
  const std::string without = bundle_file("autoscaler: {scale_up_stabilization_window_us: 7}\n");
  c = resolve({"--policy-config", without, "--model-autoscaler-interval-us=9"})
          .cluster.control.autoscaler;
  EXPECT_EQ(c.interval, Micros(9));
  EXPECT_EQ(c.up_window_us, 0);
}

TEST(Deployment, RefusesIntervalsThatAreNoTimeAndPoolsOfOneName) {
  for (const std::string interval : {"-1", "nan", "inf", "0.5"}) {
    EXPECT_THAT(error_of({"--model-autoscaler-interval-us=" + interval}), HasSubstr("interval"))
        << interval;
  }
  const std::string pool = "{name: a, gpu_type: H, gpus_per_node: 1, gpu_memory_gib: 1}";
  const std::string twice = bundle_file("node_pools: [" + pool + ", " + pool + "]\n");
  EXPECT_THAT(error_of({"--policy-config", twice}), HasSubstr("name of two pools"));
}

TEST(Deployment, CarriesTheExtensionsOfTheControlPlane) {
  const std::string pool =
      "node_pools: [{name: a, gpu_type: H, gpus_per_node: 1, gpu_memory_gib: 1, min_nodes: 1, "
      "max_nodes: 3, provisioning_delay: {mean: 5, stddev: 2}}]\n";
  control::ControlConfig c = resolve({"--policy-config", bundle_file(pool)}).cluster.control;
  EXPECT_FALSE(c.node_provisioning.is_enabled || c.placement.retries || c.failures.any());
  EXPECT_FALSE(c.instances_wait());
  EXPECT_EQ(c.failures.max_retries, 0) << "whatever breaks a server's instance loses its requests";
  c = resolve(
          {"--policy-config",
           bundle_file(pool + "node_provisioning: {idle_time_s: 1.5}\n"
                              "failures: {node: {mtbf_s: 9, mttr_s: 2}, retry_delay_s: 0.25}\n")})
          .cluster.control;
  EXPECT_EQ(c.node_pools[0].min_nodes, 1);
  EXPECT_EQ(c.node_pools[0].max_nodes, 3);
  EXPECT_EQ(c.node_pools[0].provisioning_delay.mean_s, 5);
  EXPECT_TRUE(c.node_provisioning.is_enabled && c.instances_wait());
  EXPECT_EQ(c.node_provisioning.idle_time, Micros(1'500'000));
  EXPECT_EQ(c.failures.node.mtbf_s, 9);
  EXPECT_EQ(c.failures.node.mttr_s, 2);
  EXPECT_EQ(c.failures.max_retries, 3);
  EXPECT_EQ(c.failures.retry_delay, Micros(250'000));
  c = resolve(
          {"--policy-config", bundle_file("failures: {instance: {mtbf_s: 9}, requests: lose}\n")})
          .cluster.control;
  EXPECT_EQ(c.failures.max_retries, 0);
  EXPECT_TRUE(c.failures.any());
}

// SOURCE spec disaggregation 2, 3, 7.1.
TEST(Deployment, CarriesPoolsDecidersAndTransfers) {
  const Deployment d = resolve(
      {"--num-instances=5", "--prefill-instances=1", "--decode-instances=2", "--encode-instances=1",
       "--pd-decider=prefix-threshold", "--pd-prefix-threshold=7", "--encode-decider=multimodal",
       "--pd-transfer-bandwidth=3", "--pd-transfer-base-latency=2", "--pd-transfer-contention",
       "--decode-max-model-len=500"});
  const disagg::DisaggregationConfig& c = d.cluster.disaggregation;
  EXPECT_EQ(c.pools.prefill, 1);
  EXPECT_EQ(c.pools.decode, 2);
  EXPECT_EQ(c.pools.shared, 0);
  EXPECT_EQ(c.pools.encode, 1);
  EXPECT_EQ(c.decider, "prefix-threshold");
  EXPECT_EQ(c.prefix_threshold_tokens, 7);
  EXPECT_EQ(c.encode_decider, "multimodal");
  EXPECT_EQ(c.transfer.bandwidth_gb_per_s, 3);
  EXPECT_EQ(c.transfer.base_latency_ms, 2);
  EXPECT_TRUE(c.transfer.contention);
  EXPECT_EQ(c.transfer.block_size_tokens, 32);
  EXPECT_EQ(c.transfer.kv_bytes_per_token, 4 * 2 * 32 * 8 * 2 / 2);  // two GPUs, half on each
  ASSERT_TRUE(d.cluster.prefill_pool && d.cluster.decode_pool);
  EXPECT_EQ(d.cluster.prefill_pool->max_model_len_tokens, 1000);
  EXPECT_EQ(d.cluster.decode_pool->max_model_len_tokens, 500);
  EXPECT_EQ(d.cluster.decode_pool->total_kv_blocks, 77);
}

TEST(Deployment, OverridesNothingWithoutAPrefillPool) {
  const Deployment d = resolve({"--prefill-decode-instances=1", "--decode-max-model-len=500"});
  EXPECT_FALSE(d.cluster.prefill_pool || d.cluster.decode_pool);
  EXPECT_GT(d.cluster.disaggregation.transfer.kv_bytes_per_token, 0);
}

TEST(Deployment, RefusesPoolsThatCannotBeBuilt) {
  EXPECT_THROW(resolve({"--pd-transfer-contention"}), ConfigError);
  // 77 blocks of 32 tokens hold 2464.
  const std::vector<std::string> pools = {"--num-instances=2", "--prefill-instances=1",
                                          "--decode-instances=1"};
  std::vector<std::string> words = pools;
  words.push_back("--decode-max-model-len=2464");
  EXPECT_NO_THROW(resolve(words));
  words.back() = "--decode-max-model-len=2465";
  EXPECT_THROW(resolve(words), ConfigError);
  ResolvedModel uneven = some_model();
  uneven.architecture.num_kv_heads = 3;
  EXPECT_THROW(resolve(pools, CommandKind::kRun, uneven), ConfigError);
}

}  // namespace
}  // namespace blis::config
