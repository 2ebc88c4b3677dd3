#include "calibrate/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "calibrate/adapter_reference.h"
#include "calibrate/goodput_comparison.h"
#include "calibrate/hit_rate.h"
#include "calibrate/matching.h"
#include "calibrate/sim_results.h"
#include "testing/temporary_folder.h"

namespace blis::calibrate {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

RealRow row(std::int64_t id, std::int64_t ttft_us, std::int64_t e2e_us) {
  return {.request_id = id,
          .input_tokens = 10,
          .output_tokens = 5,
          .send_us = 1000,
          .first_chunk_us = 1000 + ttft_us,
          .last_chunk_us = 1000 + e2e_us,
          .status = "ok"};
}

SimResults results(std::initializer_list<SimResult> list) {
  SimResults by_id;
  for (const SimResult& result : list) by_id[result.request_id] = result;
  return by_id;
}

SimResult result(std::int64_t id, double ttft_us, double e2e_us) {
  return {.request_id = id,
          .ttft_us = ttft_us,
          .e2e_us = e2e_us,
          .input_tokens = 10,
          .output_tokens = 5};
}

TEST(Matching, SortsRowsIntoMatchedExcludedAndUnmatched) {
  RealRow failed = row(4, 0, 0);
  failed.first_chunk_us = failed.last_chunk_us = 0;  // sent at 1000, nothing came back
  RealRow other_tokens = row(3, 100, 200);
  other_tokens.output_tokens = 6;
  const Matches m = match({row(0, 1, 2), row(1, 100, 200), row(2, 1, 2), other_tokens, failed},
                          results({result(0, 1, 2), result(1, 110, 220), result(3, 1, 2),
                                   result(4, 1, 2), result(9, 1, 2)}),
                          /*warm_up_requests=*/1, {});
  EXPECT_EQ(m.excluded, 1);
  EXPECT_EQ(m.matched, 3);
  EXPECT_EQ(m.unmatched_real, 2);  // no result, and negative latencies
  EXPECT_EQ(m.unmatched_sim, 2);   // the excluded one and the unknown one
  EXPECT_EQ(m.token_mismatches, 1);
  EXPECT_EQ(m.ttft.real, (std::vector<double>{100, 100}));
  EXPECT_EQ(m.ttft.sim, (std::vector<double>{110, 1}));
  EXPECT_EQ(m.e2e.sim, (std::vector<double>{220, 2}));
}

TEST(Matching, TheNetworkAddsToSimulatedLatencies) {
  // 10 tokens of 4 bytes at 1 Mbit/s take 320 us, 5 tokens 160 us.
  const Matches m = match({row(1, 100, 200)}, results({result(1, 110, 220)}), 0,
                          {.rtt_us = 1000, .bandwidth_mbps = 1});
  EXPECT_EQ(m.ttft.sim, (std::vector<double>{1430}));
  EXPECT_EQ(m.e2e.sim, (std::vector<double>{1700}));
}

TEST(Matching, InterTokenLatencyComesFromChunksThatDoNotGoBack) {
  const ItlMatches m =
      match_itl({row(0, 1, 2), row(1, 1, 2), row(2, 1, 2)},
                results({result(0, 100, 500), result(1, 100, 500), result(2, 100, 500)}), 0,
                {{0, {10, -5, 0, 20}}, {1, {-1}}});
  EXPECT_EQ(m.itl.real, (std::vector<double>{10}));
  EXPECT_EQ(m.itl.sim, (std::vector<double>{100}));
  EXPECT_EQ(m.dropped, 1);
}

TEST(ChunkGaps, FollowTheOrderOfChunksNotOfLines) {
  TemporaryFolder folder;
  const std::string file = folder.write("itl.csv",
                                        "request_id,chunk_index,timestamp_us\n"
                                        "7,2,130\n7,0,100\n8,0,5\n7,1,110\n");
  const ChunkGaps gaps = load_chunk_gaps(file);
  EXPECT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps.at(7), (std::vector<std::int64_t>{10, 20}));
}

TEST(GoodputComparison, EvaluatesDimensionsUntilTheFirstMiss) {
  RealRow late = row(1, 5000, 9000);
  RealRow failed = row(2, 1000, 2000);
  failed.status = "error";
  const GoodputComparison c = compare_goodput(
      {row(0, 1000, 9000), late, failed},
      results({result(0, 1000, 2000), result(1, 1000, 2000), result(2, 1000, 2000)}), 0, {},
      {{"default", {.ttft_ms = 2, .e2e_ms = 10}}});
  const ClassGoodputComparison& d = c.classes.at("default");
  EXPECT_EQ(d.count, 3);
  EXPECT_EQ(d.real.attainment, 1.0 / 3);
  EXPECT_EQ(d.real.attainment_by_dimension.at("ttft"), 0.5);
  EXPECT_EQ(d.real.attainment_by_dimension.at("e2e"), 1);  // asked once
  EXPECT_EQ(d.sim.attainment, 1);                          // failed rows count for the simulation
  EXPECT_EQ(d.sim.goodput_rps, 3 / 0.009);
  EXPECT_FALSE(c.skipped_itl);
}

TEST(GoodputComparison, MissingInterTokenLatencyFailsWithoutBeingEvaluated) {
  const GoodputComparison c = compare_goodput(
      {row(0, 1000, 9000)}, results({result(0, 1000, 2000)}), 0, {}, {{"default", {.itl_ms = 10}}});
  EXPECT_TRUE(c.skipped_itl);
  EXPECT_EQ(c.classes.at("default").real.attainment_by_dimension.at("itl"), 0);
  EXPECT_EQ(c.classes.at("default").real.attainment, 0);
}

TEST(HitRate, RoundingDoesNotMissTheTolerance) {
  // Spec traces 10.6: |0.75 - 0.70| * 100 = 5.000000000000004.
  const HitRateComparison h{.real = 0.70, .sim = 0.75, .tolerance_pp = 5};
  EXPECT_EQ(h.abs_error_pp(), 5.000000000000004);
  EXPECT_TRUE(h.within());
  EXPECT_FALSE((HitRateComparison{.real = 0.7, .sim = 0.8, .tolerance_pp = 5}.within()));
}

constexpr const char* kRow =
    "request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,"
    "streaming,input_tokens,output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,"
    "reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,"
    "first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason\n"
    "0,,,,,0,,0,true,10,5,0,0,0,0,0,,0,0,0,1000,2000,9000,1,ok,,\n";

struct Inputs {
  TemporaryFolder folder;
  CalibrationOptions options{
      .trace_header = folder.write("t.yaml", "mode: real\n"),
      .trace_data = folder.write("t.csv", kRow),
      .sim_results =
          folder.write("r.json", R"([{"request_id":0,"TTFT_us":1100,"e2e_us":8000.5,"new":[1],)"
                                 R"("input_tokens":10,"output_tokens":5,"slo_class":null}])")};
  Diagnostics diagnostics;

  std::string error() {
    try {
      calibrate(options, diagnostics);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  }
};

TEST(Calibration, ReportsErrorsAndTolerance) {
  Inputs inputs;
  inputs.options.ttft_mape_threshold = 0.05;
  const std::string report = calibrate(inputs.options, inputs.diagnostics);
  EXPECT_THAT(report, HasSubstr("\"num_requests\": 1,"));
  EXPECT_THAT(report, HasSubstr("\"real_mean\": 8000,\n        \"sim_mean\": 8000.5,"));
  EXPECT_THAT(report, HasSubstr("\"config_match\": {},"));
  EXPECT_THAT(report, HasSubstr("\"within\": false\n  }\n}"));
  ASSERT_FALSE(inputs.diagnostics.entries().empty());
}

TEST(Calibration, SaysWhatIsWrongWithItsInputs) {
  {
    Inputs in;
    in.options.sim_results = in.folder.write("r.json", "[]");
    EXPECT_THAT(in.error(), HasSubstr("holds no simulated request"));
  }
  {
    Inputs in;
    in.options.sim_results = in.folder.write("r.json", "{}");
    EXPECT_THAT(in.error(), HasSubstr("expected an array"));
  }
  {
    Inputs in;
    in.options.sim_results = in.folder.write("r.json", R"([{"request_id":1.0}])");
    EXPECT_THAT(in.error(), HasSubstr("[0].request_id: expected an integer"));
  }
  {
    Inputs in;
    in.options.sim_results = in.folder.write("r.json", "[] x");
    EXPECT_THAT(in.error(), HasSubstr("not JSON"));
  }
  {
    Inputs in;
    in.options.warm_up_requests = 5;
    EXPECT_THAT(in.error(), HasSubstr("no request of the trace has a simulated counterpart"));
  }
  {
    Inputs in;
    in.options.network_rtt_us = -2;
    EXPECT_THAT(in.error(), HasSubstr("--network-rtt-us"));
  }
  {
    Inputs in;
    in.options.ttft_mape_threshold = -1;
    EXPECT_THAT(in.error(), HasSubstr("--ttft-mape-threshold"));
  }
}

TEST(Calibration, HitRateNeedsBothSides) {
  Inputs inputs;
  inputs.folder.write("t.yaml",
                      "mode: real\nobserved_kv_metrics:\n  source: tiered\n  hit_rate: 0.5\n");
  EXPECT_THAT(calibrate(inputs.options, inputs.diagnostics), Not(HasSubstr("hit_rate")));
  inputs.options.sim_metrics = inputs.folder.write("m.json", "{}");
  EXPECT_THAT(calibrate(inputs.options, inputs.diagnostics), Not(HasSubstr("hit_rate")));
  inputs.folder.write("m.json", R"({"cache_hit_rate": 0})");
  EXPECT_THAT(calibrate(inputs.options, inputs.diagnostics), HasSubstr("\"abs_error_pp\": 50,"));
}

TEST(AdapterReference, MatchesTheExample) {
  // Spec traces 11.
  TemporaryFolder folder;
  const AdapterReferenceOptions options{
      .reference = folder.write("ref.json", R"({"model": "llama", "adapter_aware":
          {"ttft": 11224.791002375703, "output_throughput": 1027.2812777956847}})"),
      .sim_metrics = folder.write("m.json", R"({"ttft_mean_ms": 310.9935742793792,
          "total_output_tokens": 100, "vllm_estimated_duration_s": 0.5})")};
  Diagnostics diagnostics;
  const std::string report = compare_adapter_reference(options, diagnostics);
  EXPECT_THAT(report, HasSubstr("\"mape\": 0.9722940432286394,"));
  EXPECT_THAT(report, HasSubstr("\"all_within_threshold\": false"));
  EXPECT_THAT(report, Not(HasSubstr("delta_mape")));
}

TEST(AdapterReference, RefusesFiguresThatAreNotAboveZero) {
  TemporaryFolder folder;
  Diagnostics diagnostics;
  AdapterReferenceOptions options{
      .reference = folder.write("ref.json", R"({"adapter_aware": {"ttft": 0}})"),
      .sim_metrics = folder.write("m.json", "{}")};
  EXPECT_THROW(compare_adapter_reference(options, diagnostics), DataError);
  folder.write("ref.json", R"({"adapter_aware": {"ttft": 1, "output_throughput": 1}})");
  EXPECT_THROW(compare_adapter_reference(options, diagnostics), DataError);  // no duration
  options.mape_threshold = 0;
  EXPECT_THROW(compare_adapter_reference(options, diagnostics), ConfigError);
}

}  // namespace
}  // namespace blis::calibrate
