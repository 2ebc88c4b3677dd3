// Conversions: whole documents by digest, and that what they print can be read again.

#include "workload/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/servegen_data.h"
#include "testing/workload_digest.h"
#include "workload/spec_writer.h"
#include "workload/validation.h"

namespace blis::workload {
namespace {

using ::testing::HasSubstr;
using testing::parse;
using testing::play;
using testing::TemporaryFolder;

std::string text_digest(const std::string& text) {
  return fmt::format("{:016x}", random::fnv1a64(text));
}

const Presets kPresets = {{"chatbot", {0, {256, 100, 2, 800}, {256, 100, 1, 1024}}},
                          {"multidoc", {0, {10240, 1200, 500, 20480}, {1536, 300, 50, 4096}}}};

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ConvertPreset, PrintsTheWholeSpec) {
  const std::string text = format_workload_spec(convert_preset(kPresets, "chatbot", 10, 100));
  EXPECT_EQ(text.size(), 544u);
  EXPECT_EQ(text_digest(text), "b9028b6e702b1ce7");
}

TEST(ConvertPreset, RefusesWhatARunWouldRefuse) {
  EXPECT_THAT(message_of([] { convert_preset(kPresets, "chatbat", 1, 1); }),
              HasSubstr("did you mean \"chatbot\""));
  EXPECT_THAT(message_of([] { convert_preset(kPresets, "chatbot", 0, 1); }), HasSubstr("--rate"));
  EXPECT_THAT(message_of([] { convert_preset(kPresets, "chatbot", 1, 0); }),
              HasSubstr("--num-requests"));
}

TEST(ConvertServegen, TurnsPeriodsIntoCohorts) {
  const TemporaryFolder folder;
  testing::write_period_data(folder);
  Diagnostics diagnostics;
  ServegenConversion conversion;
  conversion.path = folder.path();
  const WorkloadSpec spec = convert_servegen(conversion, diagnostics);
  EXPECT_EQ(spec.cohorts.size(), 15u);
  const std::string text = format_workload_spec(spec);
  EXPECT_EQ(text.size(), 8952u);
  EXPECT_EQ(text_digest(text), "60398e193e8f5cbe");

  GenerationOptions options;
  options.horizon = Micros(2'200'000'000);
  const auto played = play(parse(text), options);
  EXPECT_EQ(played->initial.size(), 54'883u);
  EXPECT_EQ(played->digest(played->initial), "a332ddf8236a9d33");
  EXPECT_EQ(played->initial.front().request.arrival, Micros(526));
}

TEST(ConvertServegen, KeepsOnePeriodOnRequest) {
  const TemporaryFolder folder;
  testing::write_period_data(folder);
  Diagnostics diagnostics;
  ServegenConversion conversion;
  conversion.path = folder.path();
  conversion.time = "morning";
  for (const CohortSpec& cohort : convert_servegen(conversion, diagnostics).cohorts) {
    EXPECT_TRUE(cohort.member.id.starts_with("morning-"));
  }
  conversion.time = "evening";
  EXPECT_THAT(message_of([&] { convert_servegen(conversion, diagnostics); }),
              HasSubstr("unknown period \"evening\""));
}

TEST(ConvertServegen, KeepsReasonRatiosOfReasoningData) {
  const TemporaryFolder folder;
  testing::write_reasoning_data(folder);
  Diagnostics diagnostics;
  ServegenConversion conversion;
  conversion.path = folder.path();
  const WorkloadSpec spec = convert_servegen(conversion, diagnostics);
  EXPECT_EQ(spec.category, "reasoning");
  ASSERT_EQ(spec.cohorts.size(), 3u);
  const std::string text = format_workload_spec(spec);
  EXPECT_EQ(text.size(), 2628u);
  EXPECT_EQ(text_digest(text), "2da62d59fbe20e1d");

  GenerationOptions options;
  options.horizon = Micros(600'000'000);
  const auto played = play(parse(text), options);
  EXPECT_EQ(played->initial.size(), 7'197u);
  EXPECT_EQ(played->digest(played->initial), "5a4ba90cd27bf280");

  conversion.time = "morning";
  EXPECT_THAT(message_of([&] { convert_servegen(conversion, diagnostics); }), HasSubstr("--time"));
}

}  // namespace
}  // namespace blis::workload
