// Offload chains in replay: header against flag. SOURCE spec kv-cache 6.4, traces 7.5.

#include "config/kv_offload_resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::HasSubstr;

class Reconciliation : public ::testing::Test {
 protected:
  Reconciliation() {
    // 32 layers, 8 KV heads of 128, 2 bytes: 131072 bytes per token (spec kv-cache 6.2, example).
    model_.architecture.num_layers = 32;
    model_.architecture.hidden_dim = 4096;
    model_.architecture.num_heads = 32;
    model_.architecture.num_kv_heads = 8;
    model_.architecture.activation_bytes = 2;
    file_ = folder_.write("offload.yaml", "kv_offload: {cpu_bytes_to_use: 100}\n");
  }

  void give_flag(const std::string& file) { flags_.kv.kv_offload_config = {file, true}; }
  std::optional<kv::OffloadConfig> reconcile() {
    return reconcile_offload(header_, "t.yaml", flags_, model_);
  }
  std::string error() {
    try {
      reconcile();
    } catch (const ConfigError& failure) {
      return failure.what();
    }
    return "no error";
  }
  static kv::OffloadConfig recorded() {
    kv::OffloadConfig c;
    c.cpu_bytes_to_use = 100;
    c.per_block_bytes = 7;
    c.block_size = 16;
    c.tokens_per_hash = 16;
    return c;
  }

  trace::TraceHeader header_;
  SimulationFlags flags_;
  ResolvedModel model_;
  testing::TemporaryFolder folder_;
  std::string file_;
};

TEST_F(Reconciliation, TheHeaderIsReproduced) {
  header_.kv_offload = to_header(recorded());
  EXPECT_EQ(reconcile(), recorded());
  give_flag(file_);
  EXPECT_EQ(reconcile(), recorded());
}

TEST_F(Reconciliation, AnotherChainConflicts) {
  kv::OffloadConfig other = recorded();
  other.cpu_bytes_to_use = 101;
  header_.kv_offload = to_header(other);
  give_flag(file_);
  EXPECT_THAT(error(), HasSubstr("conflicts"));
  give_flag("");
  EXPECT_THAT(error(), HasSubstr("conflicts"));
}

TEST_F(Reconciliation, AnInvalidHeaderCannotBeReproduced) {
  kv::OffloadConfig bad = recorded();
  bad.tokens_per_hash = 0;
  header_.kv_offload = to_header(bad);
  EXPECT_THAT(error(), HasSubstr("cannot reproduce"));
}

TEST_F(Reconciliation, OnlyATraceOfARealServerMayBeGivenAChain) {
  give_flag(file_);
  header_.mode = "generated";
  EXPECT_THAT(error(), HasSubstr("cannot add one"));
  header_.mode = "real";
  ASSERT_TRUE(reconcile());
  EXPECT_EQ(reconcile()->per_block_bytes, 2'097'152);
}

TEST_F(Reconciliation, NothingGivenIsNoChain) {
  EXPECT_EQ(reconcile(), std::nullopt);
  give_flag("");
  EXPECT_EQ(reconcile(), std::nullopt);
}

TEST_F(Reconciliation, ATieredServerNeedsAChain) {
  header_.observed_kv_metrics.emplace().source = "tiered";
  EXPECT_THAT(error(), HasSubstr("--kv-offload-config"));
}

TEST_F(Reconciliation, AChainExcludesTheSimpleCpuTier) {
  header_.kv_offload = to_header(recorded());
  flags_.kv.kv_cpu_blocks = {5, true};
  EXPECT_THAT(error(), HasSubstr("--kv-cpu-blocks"));
}

TEST(OffloadHeader, IsLossless) {
  kv::OffloadConfig c;
  c.cpu_bytes_to_use = 1;
  c.per_block_bytes = 2;
  c.block_size = 3;
  c.blocks_per_chunk = 4;
  c.tokens_per_hash = 5;
  c.eviction_policy = "arc";
  c.offload_prompt_only = false;
  c.self_describing_kv_events = true;
  c.secondary_tiers = {{.type = "fs",
                        .root_dir = "/a",
                        .n_read_threads = 6,
                        .n_write_threads = 7,
                        .locality = "LOCAL",
                        .enable_kv_events = true,
                        .direct_io = true,
                        .device_class = "x",
                        .device = {8, 9, 10, 11, 0.5, 0.25}}};
  EXPECT_EQ(from_header(to_header(c)), c);
}

}  // namespace
}  // namespace blis::config
