// LoRA settings: file, defaults, flags, checks (spec latency 12.1, cli 10.3).

#include "config/lora_resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "testing/catalog_models.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const DefaultsFile& shipped_defaults() {
  static const DefaultsFile kDefaults = load_defaults(testing::catalog_path("defaults.yaml"));
  return kDefaults;
}

ResolvedLora resolve(const std::string& yaml, LoraSettings settings = {},
                     const DefaultsFile& defaults = shipped_defaults()) {
  const testing::TemporaryFolder folder;
  if (!yaml.empty()) settings.config_file = folder.write("lora.yaml", yaml);
  Diagnostics diagnostics;
  return resolve_lora(settings, defaults, diagnostics);
}

std::string refusal(const std::string& yaml, const LoraSettings& settings = {},
                    const DefaultsFile& defaults = shipped_defaults()) {
  try {
    (void)resolve(yaml, settings, defaults);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

constexpr const char* kTwoAdapters =
    "lora:\n  adapter_capacity: 8\n  adapters:\n    - {id: a, rank: 8}\n    - {id: b, rank: 32, "
    "base_model: m}\n";

TEST(LoraResolution, FillsScalarsAndTiersFromTheDefaults) {
  const ResolvedLora lora = resolve(kTwoAdapters);
  EXPECT_EQ(lora.config.load_base_latency_us, 1500.0);
  EXPECT_EQ(lora.config.load_bandwidth_bytes_per_us, 2e6);
  EXPECT_EQ(lora.config.step_overhead_tiers.size(), 3U);
  ASSERT_EQ(lora.config.adapters.size(), 2U);
  EXPECT_EQ(lora.config.adapters[1].base_model, "m");
  EXPECT_EQ(lora.reserved_bytes, 512'000'000);
}

TEST(LoraResolution, TheFileBeatsTheDefaultsAndFlagsBeatTheFile) {
  const std::string yaml = std::string(kTwoAdapters) +
                           "  load_base_latency_us: 10\n  footprint_bytes_per_rank: 5\n"
                           "  step_overhead_tiers: {4: {k7: 2}}\n";
  const ResolvedLora lora = resolve(yaml, {.config_file = "",
                                           .adapter_capacity = 3,
                                           .load_base_latency_us = {},
                                           .load_bandwidth_bytes_per_us = 7,
                                           .footprint_bytes_per_rank = 6});
  EXPECT_EQ(lora.config.adapter_capacity, 3);
  EXPECT_EQ(lora.config.load_base_latency_us, 10.0);
  EXPECT_EQ(lora.config.load_bandwidth_bytes_per_us, 7.0);
  EXPECT_EQ(lora.config.footprint_bytes_per_rank, 6.0);
  ASSERT_EQ(lora.config.step_overhead_tiers.size(), 1U);  // tiers are taken as a whole
  EXPECT_EQ(lora.config.step_overhead_tiers.at(4).k6, 0);
  EXPECT_EQ(lora.reserved_bytes, 3 * 6 * 32);
}

TEST(LoraResolution, WithoutAdaptersOrCapacityNothingIsReserved) {
  EXPECT_EQ(resolve("").reserved_bytes, 0);
  EXPECT_EQ(resolve("lora:\n").reserved_bytes, 0);
  EXPECT_EQ(resolve("lora: {adapter_capacity: -5}\n").reserved_bytes,
            0);  // no adapters: not looked at

  const testing::TemporaryFolder folder;
  Diagnostics diagnostics;
  LoraSettings settings;
  settings.config_file = folder.write("lora.yaml", "lora: {adapters: [{id: a, rank: 8}]}\n");
  const ResolvedLora lora = resolve_lora(settings, shipped_defaults(), diagnostics);
  EXPECT_FALSE(lora.config.is_active());
  EXPECT_EQ(diagnostics.entries().size(), 1U);
}

TEST(LoraResolution, RefusesWrongValuesInOrder) {
  const auto with_adapters = [](const std::string& adapters, const std::string& more = "") {
    return "lora:\n  adapter_capacity: 1\n" + more + "  adapters: [" + adapters + "]\n";
  };
  EXPECT_THAT(refusal("lora: {adapter_capacity: 0, adapters: [{id: '', rank: 1}]}\n"),
              HasSubstr("adapter_capacity"));
  EXPECT_THAT(refusal(with_adapters("{id: '', rank: 1}")), HasSubstr("adapters[0].id"));
  EXPECT_THAT(refusal(with_adapters("{id: a, rank: 1}, {id: a, rank: 1}")),
              AllOf(HasSubstr("adapters[1].id"), HasSubstr("unique")));
  EXPECT_THAT(refusal(with_adapters("{id: a}", "  load_base_latency_us: -1\n")),
              HasSubstr("adapters[0].rank"));
  EXPECT_THAT(refusal("lora: {load_base_latency_us: -1, load_bandwidth_bytes_us: 0}\n"),
              HasSubstr("load_base_latency_us"));
  EXPECT_THAT(refusal("lora: {load_bandwidth_bytes_us: 0, footprint_bytes_per_rank: .inf}\n"),
              HasSubstr("load_bandwidth_bytes_us"));
  EXPECT_THAT(refusal("lora: {footprint_bytes_per_rank: .nan}\n"),
              HasSubstr("footprint_bytes_per_rank"));
  EXPECT_THAT(refusal("lora: {step_overhead_tiers: {0: {k7: 1}}}\n"), HasSubstr("rank > 0"));
  EXPECT_THAT(refusal("lora: {step_overhead_tiers: {8: {k6: -1, k7: 1}}}\n"), HasSubstr("8.k6"));
  EXPECT_THAT(refusal("lora: {step_overhead_tiers: {8: {k6: 1}}}\n"), HasSubstr("8.k7"));
  EXPECT_THAT(refusal("lora: {step_overhead_tiers: {8: }}\n"), HasSubstr("8.k7"));
}

TEST(LoraResolution, ScalarsMustComeFromSomewhereOnceAdaptersAreActive) {
  EXPECT_THAT(refusal(kTwoAdapters, {}, DefaultsFile{}), HasSubstr("is needed"));
  EXPECT_EQ(refusal("", {}, DefaultsFile{}), "");
}

TEST(LoraResolution, AnOmittedFieldOfTheDefaultsFailsEveryRun) {
  EXPECT_THAT(refusal("", {}, parse_defaults("lora: {load_bandwidth_bytes_us: 1}\n", "d")),
              HasSubstr("footprint_bytes_per_rank"));
  EXPECT_THAT(refusal("", {}, parse_defaults("lora: {}\n", "d")),
              HasSubstr("load_bandwidth_bytes_us"));
}

TEST(LoraResolution, FilesAreReadStrictly) {
  EXPECT_THAT(refusal("lora: {capacity: 1}\n"),
              AllOf(HasSubstr("lora.yaml:1"), HasSubstr("capacity")));
  EXPECT_THAT(refusal("adapters: []\n"), HasSubstr("adapters"));
  EXPECT_THAT(refusal("# empty\n"), HasSubstr("empty"));
  EXPECT_THAT(refusal("", {.config_file = "/nonexistent/lora.yaml",
                           .adapter_capacity = {},
                           .load_base_latency_us = {},
                           .load_bandwidth_bytes_per_us = {},
                           .footprint_bytes_per_rank = {}}),
              HasSubstr("/nonexistent/lora.yaml"));
}

}  // namespace
}  // namespace blis::config
