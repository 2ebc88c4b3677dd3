// Step times of the shipped models on the shipped GPUs, as the reference has them (spec latency 15,
// 16).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "latency/latency_model.h"
#include "testing/catalog_models.h"
#include "testing/step_batches.h"

namespace blis::latency {
namespace {

using testing::catalog_gpu;
using testing::catalog_model;
using testing::conformance_batches;
using testing::plain_roofline;
using testing::shipped_trained_physics;
using Six = std::array<std::int64_t, 6>;  // D1, D32, P512, P2048, MX, CH

Six conformance_step_times_us(const LatencyModel& model) {
  Six times{};
  const auto batches = conformance_batches();
  for (std::size_t i = 0; i < times.size(); ++i)
    times[i] = model.step_time(batches[i].batch()).count();
  return times;
}

struct ModelOnGpu {
  const char* gpu;
  const char* model;
  std::int64_t tensor_parallel;
  Six roofline_us;
  Six trained_us;
};

constexpr ModelOnGpu kModelsOnGpus[] = {
    {"H100",
     "codellama-34b-instruct-hf",
     2,
     {7334, 8298, 28476, 116709, 21642, 30822},
     {15188, 17204, 18025, 27125, 17396, 20196}},
    {"H100",
     "deepseek-v2-lite",
     1,
     {834, 8131, 6270, 13813, 6346, 8503},
     {13918, 18258, 14284, 15581, 14384, 18631}},
    {"H100",
     "deepseek-v2-lite",
     2,
     {417, 4065, 3135, 6906, 3173, 4251},
     {7457, 9698, 7666, 8390, 7725, 9876}},
    {"H100",
     "glm-5.2-fp8",
     16,
     {516, 7374, 9622, 9704, 9663, 10831},
     {22176, 24615, 22774, 24632, 22748, 25157}},
    {"H100",
     "llama-2-7b-hf",
     1,
     {3020, 8140, 11730, 48792, 8882, 12954},
     {6456, 16557, 7476, 11010, 7633, 17685}},
    {"H100",
     "llama-3.1-70b-instruct",
     4,
     {7414, 8217, 28745, 117321, 21871, 30936},
     {16624, 18345, 19804, 29836, 19084, 21634}},
    {"H100",
     "llama-3.1-8b-instruct",
     1,
     {3048, 4330, 11884, 49409, 9000, 13116},
     {6842, 9470, 7965, 11737, 7797, 10681}},
    {"H100",
     "llama-3.1-8b-instruct",
     2,
     {1524, 2165, 5942, 24704, 4500, 6558},
     {4000, 5386, 4621, 6688, 4538, 6016}},
    {"H100",
     "llama-4-scout-17b-16e-instruct-fp8-dynamic",
     2,
     {1355, 6214, 5912, 22003, 5938, 6905},
     {24910, 26922, 25507, 27495, 25456, 27524}},
    {"H100",
     "mistral-nemo-instruct-2407",
     1,
     {5077, 7079, 19775, 82018, 14984, 21754},
     {10723, 14752, 12560, 18701, 12260, 16764}},
    {"H100",
     "mistral-nemo-instruct-2407",
     2,
     {2538, 3539, 9887, 41009, 7492, 10877},
     {6069, 8157, 7081, 10434, 6924, 9221}},
    {"H100",
     "mixtral-8x7b-v0.1",
     2,
     {2646, 10017, 10263, 41989, 9424, 11082},
     {20049, 21435, 21114, 24512, 20920, 22510}},
    {"H100",
     "qwen2.5-7b-instruct",
     1,
     {2762, 3324, 10753, 44446, 8155, 11774},
     {6340, 7567, 7388, 10834, 7187, 8665}},
    {"H100",
     "qwen3-14b",
     1,
     {5764, 7367, 22428, 92635, 17013, 24533},
     {12171, 15422, 14291, 21274, 13888, 17714}},
    {"H100",
     "qwen3-14b",
     2,
     {2882, 3683, 11214, 46317, 8506, 12266},
     {6792, 8492, 7946, 11720, 7738, 9697}},
    {"H100",
     "qwen3-30b-a3b",
     1,
     {993, 10829, 11846, 17166, 11857, 12343},
     {25625, 26696, 26002, 27428, 25963, 27120}},
    {"H100",
     "qwen3-30b-a3b",
     2,
     {496, 5414, 5923, 8583, 5928, 6171},
     {13648, 14254, 13882, 14730, 13866, 14477}},
    {"H100",
     "yi-34b",
     2,
     {7365, 8569, 28613, 117523, 21735, 31061},
     {15677, 18161, 18553, 27831, 17931, 21214}},
    {"A100-SXM",
     "qwen3-14b",
     1,
     {9470, 12104, 84234, 347912, 64398, 93872},
     {19087, 24340, 25825, 47971, 24288, 31758}},
    {"A100-SXM",
     "mixtral-8x7b-v0.1",
     2,
     {4347, 16457, 38547, 157701, 29540, 42396},
     {32196, 34385, 35488, 45988, 34751, 37848}},
    {"A100-SXM",
     "llama-4-scout-17b-16e-instruct-fp8-dynamic",
     2,
     {2226, 10210, 39672, 165275, 30264, 44738},
     {32416, 35634, 35702, 46719, 34983, 39295}},
    {"A100-80",
     "qwen3-14b",
     1,
     {9470, 12104, 84234, 347912, 64398, 93872},
     {19087, 24340, 25825, 47971, 24288, 31758}},
    {"A100-80",
     "mixtral-8x7b-v0.1",
     2,
     {4347, 16457, 38547, 157701, 29540, 42396},
     {32196, 34385, 35488, 45988, 34751, 37848}},
    {"A100-80",
     "llama-4-scout-17b-16e-instruct-fp8-dynamic",
     2,
     {2226, 10210, 39672, 165275, 30264, 44738},
     {32416, 35634, 35702, 46719, 34983, 39295}},
    {"L40S",
     "qwen3-14b",
     1,
     {22350, 28565, 86200, 356032, 67492, 101538},
     {43122, 55332, 48905, 67989, 47897, 61712}},
    {"L40S",
     "mixtral-8x7b-v0.1",
     2,
     {10260, 38839, 39447, 161381, 36540, 45837},
     {74407, 79388, 77383, 86876, 76841, 82505}},
    {"L40S",
     "llama-4-scout-17b-16e-instruct-fp8-dynamic",
     2,
     {5254, 24096, 22923, 41769, 23025, 26774},
     {58501, 65909, 59578, 63118, 59622, 67019}},
};

TEST(StepTimeVectors, ReproduceEveryShippedModel) {
  for (const ModelOnGpu& row : kModelsOnGpus) {
    SCOPED_TRACE(std::string(row.gpu) + " " + row.model + " TP" +
                 std::to_string(row.tensor_parallel));
    const auto architecture = catalog_model(row.model);
    const auto gpu = catalog_gpu(row.gpu);
    const auto roofline =
        make_latency_model(plain_roofline(row.tensor_parallel), architecture, gpu);
    EXPECT_EQ(conformance_step_times_us(*roofline), row.roofline_us);
    const auto trained =
        make_latency_model(shipped_trained_physics(row.tensor_parallel), architecture, gpu);
    EXPECT_EQ(conformance_step_times_us(*trained), row.trained_us);
  }
}

struct DataParallelModel {
  const char* model;
  std::int64_t tensor_parallel;
  std::int64_t data_parallel;
  const char* comm_backend;
  Six trained_us;
};

constexpr DataParallelModel kDataParallelModels[] = {
    {"mixtral-8x7b-v0.1",
     1,
     2,
     "allgather_reducescatter",
     {20595, 21978, 21615, 24877, 21432, 23009}},
    {"mixtral-8x7b-v0.1", 1, 2, "deepep_low_latency", {20595, 21979, 21630, 24937, 21443, 23024}},
    {"mixtral-8x7b-v0.1",
     2,
     2,
     "allgather_reducescatter",
     {10876, 11638, 11416, 13138, 11333, 12149}},
    {"mixtral-8x7b-v0.1", 2, 2, "deepep_low_latency", {10876, 11639, 11439, 13228, 11350, 12173}},
    {"mixtral-8x7b-v0.1", 2, 4, "allgather_reducescatter", {6289, 6739, 6561, 7428, 6535, 6963}},
    {"mixtral-8x7b-v0.1", 2, 4, "deepep_low_latency", {6289, 6740, 6575, 7481, 6545, 6977}},
    {"deepseek-v2-lite", 1, 2, "allgather_reducescatter", {7831, 10071, 8021, 8688, 8085, 10230}},
    {"deepseek-v2-lite", 1, 2, "deepep_low_latency", {7831, 10073, 8052, 8815, 8109, 10263}},
    {"deepseek-v2-lite", 2, 2, "allgather_reducescatter", {4414, 5603, 4521, 4893, 4566, 5662}},
    {"deepseek-v2-lite", 2, 2, "deepep_low_latency", {4414, 5606, 4569, 5084, 4602, 5711}},
    {"deepseek-v2-lite", 1, 8, "allgather_reducescatter", {3267, 3929, 3315, 3486, 3354, 3921}},
    {"deepseek-v2-lite", 1, 8, "deepep_low_latency", {3267, 3930, 3329, 3541, 3365, 3935}},
    {"qwen3-30b-a3b", 2, 2, "allgather_reducescatter", {7751, 8123, 7874, 8315, 7880, 8207}},
    {"qwen3-30b-a3b", 2, 2, "deepep_low_latency", {7751, 8131, 7992, 8790, 7970, 8330}},
    {"llama-4-scout-17b-16e-instruct-fp8-dynamic",
     2,
     2,
     "allgather_reducescatter",
     {19994, 21069, 20299, 21315, 20288, 21343}},
    {"llama-4-scout-17b-16e-instruct-fp8-dynamic",
     2,
     2,
     "deepep_low_latency",
     {19994, 21069, 20299, 21315, 20288, 21343}},
};

TEST(StepTimeVectors, ReproduceDataParallelExperts) {
  for (const DataParallelModel& row : kDataParallelModels) {
    SCOPED_TRACE(std::string(row.model) + " TP" + std::to_string(row.tensor_parallel) + " DP" +
                 std::to_string(row.data_parallel) + " " + row.comm_backend);
    auto config = shipped_trained_physics(row.tensor_parallel, row.data_parallel);
    config.moe_comm_backend = row.comm_backend;
    const auto model = make_latency_model(config, catalog_model(row.model), catalog_gpu("H100"));
    EXPECT_EQ(conformance_step_times_us(*model), row.trained_us);
  }
}

TEST(StepTimeVectors, FollowTheNumberOfCoefficients) {
  // With 7 to 9 values the decode term is the larger of compute and KV times 0: it vanishes.
  constexpr Six kWithoutDecodes = {6788, 6930, 7946, 11720, 7675, 8136};
  constexpr Six kWithDecodes = {6792, 8492, 7946, 11720, 7738, 9697};
  for (std::size_t count = 7; count <= 11; ++count) {
    auto config = shipped_trained_physics(2);
    config.beta.resize(count);
    const auto model = make_latency_model(config, catalog_model("qwen3-14b"), catalog_gpu("H100"));
    EXPECT_EQ(conformance_step_times_us(*model), count < 10 ? kWithoutDecodes : kWithDecodes)
        << count;
  }
}

TEST(StepTimeVectors, ReproduceTheDenseShapeOfTheReferencesOwnTests) {
  model::Architecture shape;
  shape.num_layers = 32;
  shape.hidden_dim = 4096;
  shape.num_heads = 32;
  shape.num_kv_heads = 8;
  shape.intermediate_dim = 14336;
  shape.activation_bytes = 2;
  const model::Gpu gpu = {.tflops_peak = 989.0, .bandwidth_tb_per_s = 3.35};
  const testing::BatchSpec mixed = testing::mixed_batch();
  std::vector<std::int64_t> times_us;
  for (const std::int64_t tensor_parallel : {1, 2, 4, 8}) {
    auto config = shipped_trained_physics(tensor_parallel);
    config.beta.resize(10);
    times_us.push_back(make_latency_model(config, shape, gpu)->step_time(mixed.batch()).count());
  }
  EXPECT_THAT(times_us, ::testing::ElementsAre(7797, 4538, 2909, 2094));
}

TEST(StepTimeVectors, RequestConstantsAreTruncatedAlphas) {
  const auto architecture = catalog_model("qwen3-14b");
  const auto gpu = catalog_gpu("H100");
  const auto trained = make_latency_model(shipped_trained_physics(1), architecture, gpu);
  EXPECT_EQ(trained->queueing_time(1000), Micros(15563));
  EXPECT_EQ(trained->queueing_time(0), Micros(15563));
  EXPECT_EQ(trained->post_decode_overhead(), Micros(777));
  EXPECT_EQ(trained->output_token_processing_time(), Micros(45));

  // Under roofline the second value is µs per prompt token (spec latency 1, BUG-3).
  auto config = plain_roofline(1);
  config.alpha = {232.46191091038054, 1.752360364195244, 3357.4400353290152};
  const auto roofline = make_latency_model(config, architecture, gpu);
  EXPECT_EQ(roofline->queueing_time(1000), Micros(1984));
  EXPECT_EQ(roofline->post_decode_overhead(), Micros(0));
  EXPECT_EQ(roofline->output_token_processing_time(), Micros(3357));
}

TEST(StepTimeVectors, AnEmptyBatchTakesOneTick) {
  const auto architecture = catalog_model("qwen3-14b");
  const auto gpu = catalog_gpu("H100");
  EXPECT_EQ(make_latency_model(shipped_trained_physics(1), architecture, gpu)->step_time({}),
            Micros(1));
  EXPECT_EQ(make_latency_model(plain_roofline(1), architecture, gpu)->step_time({}), Micros(1));
}

TEST(StepTimeVectors, RequestsWithoutPlannedOutputPayOverheadsOnly) {
  // Roofline sees nothing to do; trained-physics still loads the weights: 10747.351410 +
  // 1283.818687 + 2 * 4.416844 + 126.024825.
  const testing::BatchSpec idle = {.prefills = {}, .decode_contexts = {}, .idle_requests = 2};
  const auto architecture = catalog_model("qwen3-14b");
  const auto gpu = catalog_gpu("H100");
  EXPECT_EQ(make_latency_model(plain_roofline(1), architecture, gpu)->step_time(idle.batch()),
            Micros(1));
  EXPECT_EQ(
      make_latency_model(shipped_trained_physics(1), architecture, gpu)->step_time(idle.batch()),
      Micros(12166));
}

}  // namespace
}  // namespace blis::latency
