// defaults.yaml: the shipped one, and what a strict reader refuses (spec latency 13, cli 10.1).

#include "config/defaults_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "testing/catalog_models.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::AllOf;
using testing::catalog_path;
using ::testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    (void)parse_defaults(text, "defaults.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(DefaultsFile, TheShippedOneHasThePublishedValues) {
  const DefaultsFile d = load_defaults(catalog_path("defaults.yaml"));
  EXPECT_EQ(d.version, "0.0.1");
  ASSERT_EQ(d.models.size(), 30U);
  EXPECT_EQ(d.model("qwen/qwen3-14b").gpu, "H100");
  EXPECT_EQ(d.model("qwen/qwen3-14b").tensor_parallelism, 1);
  EXPECT_EQ(d.model("qwen/qwen3-14b").hf_repo, "Qwen/Qwen3-14B");
  EXPECT_EQ(d.model("meta-llama/llama-4-maverick-17b-128e-instruct-fp8").tensor_parallelism, 8);
  EXPECT_EQ(d.model("openai/gpt-oss-120b").hf_repo, "");
  EXPECT_EQ(d.model("openai/gpt-oss-120b").tensor_parallelism, 4);
  EXPECT_EQ(d.model("nobody/knows").gpu, "");
  EXPECT_EQ(d.alpha, (std::vector<double>{15563.199579, 777.3455, 45.907545}));
  EXPECT_EQ(d.beta,
            (std::vector<double>{0.152128, 0.0, 1.36252915, 0.752037, 32.09546717, 4.41684444,
                                 126.024825, 481.8613888, 0.0, 1.94710771, 0.752037}));
  ASSERT_TRUE(d.lora);
  EXPECT_EQ(d.lora->load_base_latency_us, 1500);
  EXPECT_EQ(d.lora->load_bandwidth_bytes_per_us, 2e6);
  EXPECT_EQ(d.lora->footprint_bytes_per_rank, 2e6);
  ASSERT_EQ(d.lora->step_overhead_tiers.size(), 3U);
  EXPECT_EQ(d.lora->step_overhead_tiers.at(16).k6, 0.035);
  EXPECT_EQ(d.lora->step_overhead_tiers.at(32).k7, 1);
}

TEST(DefaultsFile, TheShippedPresetsHaveThePublishedValues) {
  const DefaultsFile d = load_defaults(catalog_path("defaults.yaml"));
  const auto numbers = [&d](const char* name) {
    const workload::TokenShape& s = d.presets.at(name);
    return std::vector<std::int64_t>{s.prefix_tokens,  s.prompt.mean, s.prompt.std_dev,
                                     s.prompt.min,     s.prompt.max,  s.output.mean,
                                     s.output.std_dev, s.output.min,  s.output.max};
  };
  EXPECT_EQ(d.presets.size(), 4U);
  EXPECT_EQ(numbers("chatbot"),
            (std::vector<std::int64_t>{0, 256, 100, 2, 800, 256, 100, 1, 1024}));
  EXPECT_EQ(numbers("contentgen"),
            (std::vector<std::int64_t>{0, 1024, 150, 10, 2048, 1024, 200, 10, 2048}));
  EXPECT_EQ(numbers("summarization"),
            (std::vector<std::int64_t>{0, 4096, 500, 100, 8192, 512, 150, 10, 2048}));
  EXPECT_EQ(numbers("multidoc"),
            (std::vector<std::int64_t>{0, 10240, 1200, 500, 20480, 1536, 300, 50, 4096}));
}

TEST(DefaultsFile, TheShippedDevicesHaveThePublishedValues) {
  const DefaultsFile d = load_defaults(catalog_path("defaults.yaml"));
  struct Row {
    const char* name;
    double read, write, latency;
  };
  EXPECT_EQ(d.offload_devices.size(), 5U);
  for (const Row& row : std::vector<Row>{{"nvme_gen4", 7000, 5000, 80},
                                         {"nvme_gen3", 3500, 3000, 100},
                                         {"sata_ssd", 550, 500, 150},
                                         {"cpu_dram", 20000, 20000, 1},
                                         {"s3", 1000, 1000, 30000}}) {
    const OffloadDeviceClass& device = d.offload_devices.at(row.name);
    EXPECT_EQ(device.direct.read_bandwidth, row.read);
    EXPECT_EQ(device.direct.write_bandwidth, row.write);
    EXPECT_EQ(device.direct.base_latency, row.latency);
    EXPECT_FALSE(device.direct.saturation_queue_depth);
    EXPECT_FALSE(device.buffered.read_bandwidth);
  }
}

TEST(DefaultsFile, MissingPresetKeysAreZero) {
  const DefaultsFile d = parse_defaults("workloads:\n  p:\n    prompt_tokens: 5\n", "f");
  EXPECT_EQ(d.presets.at("p").prompt.mean, 5);
  EXPECT_EQ(d.presets.at("p").prompt.std_dev, 0);
  EXPECT_EQ(d.presets.at("p").output.max, 0);
}

TEST(DefaultsFile, ReadsBufferedFigures) {
  const DefaultsFile d = parse_defaults(
      "kv_offload_devices:\n  d:\n    read_bandwidth: 1\n    saturation_queue_depth: 4\n    "
      "buffered_read_bandwidth: 2\n"
      "    buffered_latency_jitter_stddev: 0.5\n",
      "f");
  const OffloadDeviceClass& device = d.offload_devices.at("d");
  EXPECT_EQ(device.direct.saturation_queue_depth, 4);
  EXPECT_EQ(device.buffered.read_bandwidth, 2.0);
  EXPECT_EQ(device.buffered.latency_jitter_stddev, 0.5);
}

TEST(DefaultsFile, RefusesUnknownKeysDuplicatesAndWrongTypes) {
  EXPECT_THAT(refusal("models: []\n"), AllOf(HasSubstr("defaults.yaml:1"), HasSubstr("models")));
  EXPECT_THAT(refusal("defaults:\n  m:\n    total_kv_blocks: 5\n"), HasSubstr("total_kv_blocks"));
  EXPECT_THAT(refusal("version: a\nversion: b\n"), HasSubstr("version"));
  EXPECT_THAT(refusal("defaults:\n  m:\n    tensor_parallelism: four\n"),
              HasSubstr("tensor_parallelism"));
  EXPECT_THAT(refusal("lora:\n  adapter_capacity: 3\n"), HasSubstr("adapter_capacity"));
  EXPECT_THAT(refusal("lora:\n  step_overhead_tiers:\n    eight: {k6: 1, k7: 1}\n"),
              HasSubstr("eight"));
  EXPECT_THAT(refusal("trained_physics_coefficients:\n  gamma_coeffs: []\n"),
              HasSubstr("gamma_coeffs"));
  EXPECT_THAT(refusal("kv_offload_devices:\n  d:\n    speed: 1\n"), HasSubstr("speed"));
  EXPECT_THAT(refusal("- a\n"), HasSubstr("mapping"));
  EXPECT_THAT(refusal("# nothing\n"), HasSubstr("empty"));
}

TEST(DefaultsFile, AllMistakesAreReportedAtOnce) {
  EXPECT_THAT(refusal("wrong: 1\ndefaults:\n  m: {tp: 1}\n"),
              AllOf(HasSubstr("wrong"), HasSubstr("tp")));
}

TEST(DefaultsFile, AVersionIsAStringAndALoraBlockWithoutValueIsNone) {
  const DefaultsFile d = parse_defaults("version: 2\nlora:\n", "f");
  EXPECT_EQ(d.version, "2");
  EXPECT_FALSE(d.lora);
  EXPECT_TRUE(parse_defaults("lora: {}\n", "f").lora);
}

TEST(DefaultsFilePath, PrefersTheWorkingDirectoryOverTheCatalogue) {
  const testing::TemporaryFolder folder;
  const std::string here = folder.write("defaults.yaml", "version: x\n");
  // The flag's value, wherever the user set it.
  EXPECT_EQ(defaults_file_path("elsewhere.yaml", true, "/catalog"), "elsewhere.yaml");
  // Not set: the file at the default place, if there is one, stands in for ./defaults.yaml.
  EXPECT_EQ(defaults_file_path(here, false, "/catalog"), here);
  EXPECT_EQ(defaults_file_path(folder.path("no.yaml"), false, "/catalog"),
            "/catalog/defaults.yaml");
  EXPECT_EQ(defaults_file_path("no-such-defaults.yaml", false, ""), "no-such-defaults.yaml");
}

}  // namespace
}  // namespace blis::config
