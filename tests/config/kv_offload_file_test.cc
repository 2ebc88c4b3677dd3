// The offload file: what it resolves to and every mistake. SOURCE spec kv-cache 6.1-6.3.

#include "config/kv_offload_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace blis::config {
namespace {

using testing::HasSubstr;

const DeviceClasses& classes() {
  static const DeviceClasses kClasses = [] {
    DeviceClasses c;
    OffloadDeviceClass& nvme = c["nvme"];
    nvme.direct = {7000, 5000, 80, 4, 0.5, 0.1};
    nvme.buffered = {3000, {}, {}, 1, {}, 0.0};
    c["broken"].direct = {7000, 5000, 80, 4, 1.5, 0.0};
    return c;
  }();
  return kClasses;
}

kv::OffloadConfig parse(const std::string& text) {
  return parse_kv_offload(text, "k.yaml", 16, classes());
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(KvOffloadFile, FillsInTheDefaults) {
  const kv::OffloadConfig c = parse("kv_offload: {cpu_bytes_to_use: 1000}");
  EXPECT_EQ(c.cpu_bytes_to_use, 1000);
  EXPECT_EQ(c.per_block_bytes, 0);
  EXPECT_EQ(c.block_size, 16);
  EXPECT_EQ(c.blocks_per_chunk, 1);
  EXPECT_EQ(c.tokens_per_hash, 16);
  EXPECT_EQ(c.eviction_policy, "lru");
  EXPECT_TRUE(c.offload_prompt_only);
  EXPECT_TRUE(c.secondary_tiers.empty());
}

TEST(KvOffloadFile, DerivesChunksFromEitherSize) {
  EXPECT_EQ(parse("kv_offload: {cpu_bytes_to_use: 1, block_size: 48}").blocks_per_chunk, 3);
  EXPECT_EQ(parse("kv_offload: {cpu_bytes_to_use: 1, blocks_per_chunk: 3}").block_size, 48);
}

TEST(KvOffloadFile, TakesDeviceFiguresFromTheClassAndLetsTheTierOverride) {
  const kv::SecondaryTierConfig direct = parse(
                                             "kv_offload: {cpu_bytes_to_use: 1, secondary_tiers: "
                                             "[{type: fs, root_dir: /a, direct_io: true, "
                                             "device_class: nvme, base_latency: 7}]}")
                                             .secondary_tiers[0];
  EXPECT_EQ(direct.device, (kv::DeviceConfig{7000, 5000, 7, 4, 0.5, 0.1}));
  EXPECT_EQ(direct.n_read_threads, 16);
  const kv::SecondaryTierConfig buffered = parse(
                                               "kv_offload: {cpu_bytes_to_use: 1, secondary_tiers: "
                                               "[{type: fs, root_dir: /a, direct_io: false, "
                                               "device_class: nvme}]}")
                                               .secondary_tiers[0];
  EXPECT_EQ(buffered.device, (kv::DeviceConfig{3000, 5000, 80, 1, 0.5, 0.0}));
}

TEST(KvOffloadFile, ExplicitFiguresNeedNoClass) {
  const kv::SecondaryTierConfig tier =
      parse(
          "kv_offload: {cpu_bytes_to_use: 1, secondary_tiers: [{type: fs, root_dir: /a, direct_io: "
          "true, "
          "read_bandwidth: 1, write_bandwidth: 2, base_latency: 0, locality: REMOTE}]}")
          .secondary_tiers[0];
  EXPECT_EQ(tier.device, (kv::DeviceConfig{1, 2, 0, 1, 1.0, 0.0}));
  EXPECT_EQ(tier.locality, "REMOTE");
}

TEST(KvOffloadFile, NeedsItsBlock) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("kv_offload:\n"), HasSubstr("missing"));
  EXPECT_THAT(error_of("{}"), HasSubstr("missing"));
  EXPECT_THAT(error_of("other: 1"), HasSubstr("other"));
}

struct Mistake {
  std::string block;  ///< inside kv_offload
  std::string says;
};

class KvOffloadMistake : public testing::TestWithParam<Mistake> {};

TEST_P(KvOffloadMistake, IsRefused) {
  const std::string error = error_of("kv_offload: {" + GetParam().block + "}");
  EXPECT_THAT(error, HasSubstr("k.yaml:1: "));
  EXPECT_THAT(error, HasSubstr(GetParam().says));
}

std::string tier(const std::string& text) {
  return "cpu_bytes_to_use: 1, secondary_tiers: [{" + text + "}]";
}

INSTANTIATE_TEST_SUITE_P(
    EveryRule, KvOffloadMistake,
    testing::Values(
        Mistake{"offload_prompt_only: true", "cpu_bytes_to_use"},
        Mistake{"cpu_bytes_to_use: 0", "cpu_bytes_to_use"},
        Mistake{"cpu_bytes_to_use: 1, store_threshold: -1", "store_threshold must be >= 0"},
        Mistake{"cpu_bytes_to_use: 1, store_threshold: 2", "TieringOffloadingSpec"},
        Mistake{"cpu_bytes_to_use: 1, block_size: 16, blocks_per_chunk: 1", "mutually exclusive"},
        Mistake{"cpu_bytes_to_use: 1, block_size: 17", "multiple of the GPU block size"},
        Mistake{"cpu_bytes_to_use: 1, block_size: 0", "block_size"},
        Mistake{"cpu_bytes_to_use: 1, blocks_per_chunk: 0", "blocks_per_chunk"},
        Mistake{"cpu_bytes_to_use: 1, blocks_per_chunk: 9223372036854775807", "blocks_per_chunk"},
        Mistake{"cpu_bytes_to_use: 1, tokens_per_hash: 0", "tokens_per_hash"},
        Mistake{"cpu_bytes_to_use: 1, eviction_policy: fifo", "eviction_policy"},
        Mistake{tier("root_dir: /a"), "type is required"},
        Mistake{tier("type: obj, root_dir: /a"), "not supported"},
        Mistake{tier("type: fs, direct_io: true, device_class: nvme"), "root_dir is required"},
        Mistake{tier("type: fs, root_dir: /a, device_class: nvme"), "direct_io must be set"},
        Mistake{tier("type: fs, root_dir: /a, direct_io: true, device_class: nope"), "nope"},
        Mistake{tier("type: fs, root_dir: /a, direct_io: true, read_bandwidth: 1"),
                "device_class OR an explicit"},
        Mistake{
            tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, n_read_threads: 0"),
            "secondary_tiers[0].n_read_threads"},
        Mistake{
            tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, n_write_threads: 0"),
            "n_write_threads"},
        Mistake{
            tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, locality: local"),
            "locality"},
        Mistake{tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, read_bandwidth: "
                     ".nan"),
                "read_bandwidth"},
        Mistake{
            tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, write_bandwidth: 0"),
            "write_bandwidth"},
        Mistake{
            tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, base_latency: -1"),
            "base_latency"},
        Mistake{tier("type: fs, root_dir: /a, direct_io: true, device_class: broken"),
                "single_transfer_fraction"},
        Mistake{tier("type: fs, root_dir: /a, direct_io: true, device_class: nvme, colour: red"),
                "colour"}));

}  // namespace
}  // namespace blis::config
