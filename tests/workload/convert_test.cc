// Conversions: whole documents by digest, and that what they print can be read again.

#include "workload/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"
#include "testing/servegen_data.h"
#include "testing/workload_digest.h"
#include "workload/spec_writer.h"
#include "workload/validation.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::HasSubstr;
using testing::parse;
using testing::play;
using testing::TemporaryFolder;

std::string text_digest(const std::string& text) {
  return fmt::format("{:016x}", random::fnv1a64(text));
}

const Presets kPresets = {{"chatbot", {0, {256, 100, 2, 800}, {256, 100, 1, 1024}}},
                          {"multidoc", {0, {10240, 1200, 500, 20480}, {1536, 300, 50, 4096}}}};

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

TEST(ConvertServegen, NamesWhatIsWrongWithADataSet) {
  Diagnostics diagnostics;
  ServegenConversion conversion;
  const auto convert = [&] {
    return message_of([&] { convert_servegen(conversion, diagnostics); });
  };
  EXPECT_THAT(convert(), HasSubstr("--path"));
  const TemporaryFolder folder;
  conversion.path = folder.path();
  EXPECT_THAT(convert(), HasSubstr("no chunk"));

  folder.write("chunk-1-trace.csv", "0,0.0,1,Gamma\n600,1\n");
  folder.write("chunk-1-dataset.json", "{}");
  EXPECT_THAT(convert(), AllOf(HasSubstr("chunk-1-trace.csv:2"), HasSubstr("fields")));
  folder.write("chunk-1-trace.csv", "0,0.0,1,Gamma\n");
  EXPECT_THAT(convert(), HasSubstr("no valid chunks"));

  folder.write("chunk-1-trace.csv", "0,1.0,1,Gamma\n");
  const auto with_dataset = [&](const std::string& text) {
    folder.write("chunk-1-dataset.json", text);
    return convert();
  };
  EXPECT_THAT(with_dataset(R"({"0": {"input_tokens": "{5: -1}", "output_tokens": "{5: 1}"}})"),
              HasSubstr("negative probability"));
  EXPECT_THAT(with_dataset(R"({"0": {"input_tokens": "{5: 0}", "output_tokens": "{5: 1}"}})"),
              HasSubstr("sum of probabilities is zero"));
  EXPECT_THAT(with_dataset(R"({"0": {"input_tokens": "{ }", "output_tokens": "{5: 1}"}})"),
              AllOf(HasSubstr("chunk-1-dataset.json"), HasSubstr("0.input_tokens"),
                    HasSubstr("empty PDF")));
  EXPECT_THAT(with_dataset(R"({"0": {"input_tokens": 5}})"), HasSubstr("expected a string"));
  EXPECT_THAT(with_dataset("{"), HasSubstr("chunk-1-dataset.json"));
}

TEST(ConvertServegen, NamesWhatIsWrongWithReasoningData) {
  Diagnostics diagnostics;
  const TemporaryFolder folder;
  ServegenConversion conversion;
  conversion.path = folder.path();
  const auto convert = [&](const std::string& trace, const std::string& ratios) {
    folder.write("chunk-1-trace.csv", trace);
    folder.write(
        "chunk-1-dataset.json",
        R"({"0": {"input_tokens": "{5: 1}", "output_tokens": "{5: 1}", "reason_ratio": ")" +
            ratios + "\"}}");
    return message_of([&] { convert_servegen(conversion, diagnostics); });
  };
  EXPECT_THAT(convert("0,0.0,1,,\n", "{0.5: 1}"), HasSubstr("all windows have zero coverage"));
  // A histogram that is not one makes its chunk unusable; here it is the only chunk.
  EXPECT_THAT(convert("0,1.0,1,,\n", "{1.5: 1}"), HasSubstr("no valid chunks"));
}

TEST(ConvertInferencePerf, NeedsTheSection) {
  const TemporaryFolder folder;
  Diagnostics diagnostics;
  const std::string file = folder.write("w.yaml", "version: 2\n");
  EXPECT_THAT(message_of([&] { convert_inference_perf(file, diagnostics); }),
              AllOf(HasSubstr("w.yaml"), HasSubstr("inference_perf")));
}

constexpr char kClient[] =
    "clients: [{id: c, rate_fraction: 1, arrival: {process: poisson}, input_distribution: {type: "
    "constant, "
    "params: {value: 3}}, output_distribution: {type: constant, params: {value: 4}}}]\n";

TEST(Compose, KeepsEachSourcesRate) {
  const TemporaryFolder folder;
  Diagnostics diagnostics;
  const std::string a = folder.write("a.yaml", std::string("aggregate_rate: 20\n") + kClient);
  const std::string b = folder.write("b.yaml", std::string("aggregate_rate: 10\n") + kClient);
  const WorkloadSpec both = compose({a, b}, diagnostics);
  ASSERT_EQ(both.clients.size(), 2u);
  EXPECT_EQ(both.aggregate_rate_per_s, 30);
  EXPECT_EQ(both.clients[0].rate_fraction, 20.0 / 30.0);
  EXPECT_EQ(both.clients[1].rate_fraction, 10.0 / 30.0);
}

TEST(Compose, SaysWhatItDrops) {
  const TemporaryFolder folder;
  Diagnostics diagnostics;
  const std::string file = folder.write(
      "a.yaml", std::string("aggregate_rate: 20\nservegen_data: {path: x}\n") + kClient);
  compose({file}, diagnostics);
  ASSERT_EQ(diagnostics.entries().size(), 1u);
  EXPECT_THAT(diagnostics.entries()[0].kind, HasSubstr("dropped"));
}

TEST(Compose, RefusesRatesWithoutASum) {
  const TemporaryFolder folder;
  Diagnostics diagnostics;
  const std::string file = folder.write("a.yaml", std::string("aggregate_rate: .inf\n") + kClient);
  EXPECT_THAT(message_of([&] { compose({file}, diagnostics); }), HasSubstr("--from"));
}

}  // namespace
}  // namespace blis::workload
