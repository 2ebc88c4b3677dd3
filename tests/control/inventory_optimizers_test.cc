// Optimizers that ask which GPUs are free. SOURCE spec control-plane 7.6, 14.1 (17).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "control/optimizer.h"

namespace blis::control {
namespace {

VariantCapacity variant(double supply, std::int64_t replicas, std::string gpu_type, double cost = 0,
                        std::int64_t tensor_parallel = 1) {
  return {.variant = {.gpu_type = std::move(gpu_type), .tensor_parallel = tensor_parallel},
          .supply_tokens = supply,
          .replicas = replicas,
          .cost_usd_per_hour = cost};
}

Assessment lacks(double tokens, std::vector<VariantCapacity> variants, std::string model = "m") {
  Assessment a{.model = std::move(model), .required_tokens = tokens, .variants = {}};
  for (const VariantCapacity& v : variants) a.supply_tokens += v.supply_tokens;
  a.variants = std::move(variants);
  return a;
}

std::vector<Decision> decide(const std::string& optimizer,
                             const std::vector<Assessment>& assessments,
                             std::vector<Inventory::Node> nodes) {
  return find_optimizer(optimizer)->make()->decide(assessments, {.nodes = std::move(nodes)});
}

TEST(Greedy, AgreesWithTheWorkedExamples) {
  auto d = decide("greedy", {lacks(40, {variant(10, 1, "A100", 1), variant(10, 1, "H100", 2)})},
                  {{"A100", 2}, {"H100", 5}});
  ASSERT_EQ(d.size(), 1u);
  EXPECT_EQ(d[0].variant.gpu_type, "H100");
  EXPECT_EQ(d[0].delta, 4);
  d = decide("greedy", {lacks(20, {variant(10, 2, "A100", 5), variant(20, 2, "H100", 20)})},
             {{"A100", 0}, {"H100", 10}});
  EXPECT_EQ(d[0].variant.gpu_type, "H100");
  EXPECT_EQ(d[0].delta, 2) << "by the size of its own replicas";
  d = decide("greedy", {lacks(20, {variant(10, 1, "A100", 0, 2)})}, {{"A100", 4}});
  EXPECT_EQ(d[0].delta, 2);
  EXPECT_TRUE(decide("greedy", {lacks(10, {variant(10, 1, "A100")})}, {}).empty());
}

TEST(Greedy, PromisesTheSameGpusTwice) {
  const auto d =
      decide("greedy",
             {lacks(10, {variant(10, 1, "A100")}, "a"), lacks(10, {variant(10, 1, "A100")}, "b")},
             {{"A100", 1}});
  EXPECT_EQ(d.size(), 2u);
}

TEST(PlacementAware, PromisesAGpuOnceAndToTheMoreUrgent) {
  const auto d =
      decide("placement-aware",
             {lacks(10, {variant(100, 10, "A100")}, "a"), lacks(10, {variant(10, 1, "A100")}, "b")},
             {{"A100", 1}});
  ASSERT_EQ(d.size(), 1u);
  EXPECT_EQ(d[0].model, "b");
}

TEST(PlacementAware, GivesPartOfWhatIsNeeded) {
  const auto d = decide("placement-aware", {lacks(40, {variant(10, 1, "A100")})}, {{"A100", 3}});
  EXPECT_EQ(d[0].delta, 3);
}

TEST(PlacementAware, KnowsThatAnInstanceLivesOnOneMachine) {
  const std::vector<Inventory::Node> scattered = {{"A100", 1}, {"A100", 1}, {"A100", 3}};
  const auto d = decide("placement-aware", {lacks(40, {variant(10, 1, "A100", 0, 2)})}, scattered);
  ASSERT_EQ(d.size(), 1u);
  EXPECT_EQ(d[0].delta, 1);
  EXPECT_EQ(decide("greedy", {lacks(20, {variant(10, 1, "A100", 0, 2)})}, scattered)[0].delta, 2)
      << "which cannot be placed";
}

TEST(PlacementAware, PrefersTheCheapestVariantThatAllFitsOf) {
  const auto d =
      decide("placement-aware", {lacks(40, {variant(10, 1, "A100", 1), variant(10, 1, "H100", 2)})},
             {{"A100", 2}, {"H100", 5}});
  EXPECT_EQ(d[0].variant.gpu_type, "H100");
  EXPECT_EQ(d[0].delta, 4);
}

TEST(PlacementAware, OpensTheCheapestOtherTypeIfItsOwnAreUsedUp) {
  const auto d = decide("placement-aware", {lacks(40, {variant(10, 1, "A100", 1)})},
                        {{"A100", 0, 1}, {"H200", 8, 9}, {"H100", 8, 5}});
  ASSERT_EQ(d.size(), 1u);
  EXPECT_EQ(d[0].variant.gpu_type, "H100");
  EXPECT_EQ(d[0].delta, 1);
}

RC_GTEST_PROP(PlacementAware, NeverPromisesMoreThanTheMachinesHold, ()) {
  const std::vector<std::string> types = {"A100", "H100", "L40S"};
  std::vector<Inventory::Node> nodes;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    nodes.push_back({*rc::gen::elementOf(types), *rc::gen::inRange<std::int64_t>(0, 9),
                     static_cast<double>(*rc::gen::inRange(0, 4))});
  }
  std::vector<Assessment> assessments;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    std::vector<VariantCapacity> variants;
    for (const std::string& type : types) {
      if (*rc::gen::inRange(0, 2) == 0) continue;
      variants.push_back(variant(*rc::gen::inRange(0, 50), *rc::gen::inRange(0, 5), type,
                                 static_cast<double>(variants.size()), *rc::gen::inRange(1, 5)));
    }
    assessments.push_back(lacks(*rc::gen::inRange(-20, 200), variants, std::to_string(i)));
  }
  const std::vector<Decision> decisions = decide("placement-aware", assessments, nodes);
  RC_ASSERT(decisions.size() <= assessments.size());
  // First fit of everything that was decided, largest instances first within a type, must succeed
  // whenever the free GPUs of the type suffice at all.
  std::map<std::string, std::int64_t> promised;
  for (const Decision& d : decisions) {
    RC_ASSERT(d.delta > 0);
    promised[d.variant.gpu_type] += d.delta * d.variant.tensor_parallel;
  }
  const Inventory inventory{.nodes = nodes};
  for (const auto& [type, gpus] : promised) RC_ASSERT(gpus <= inventory.free_gpus(type));
}

}  // namespace
}  // namespace blis::control
