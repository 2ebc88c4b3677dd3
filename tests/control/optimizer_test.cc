#include "control/optimizer.h"

#include <gtest/gtest.h>

namespace blis::control {
namespace {

VariantCapacity variant(double supply, std::int64_t replicas, std::string gpu_type = "A100",
                        double cost = 0) {
  return {.variant = {.gpu_type = std::move(gpu_type), .tensor_parallel = 1},
          .supply_tokens = supply,
          .replicas = replicas,
          .cost_usd_per_hour = cost};
}

std::vector<Decision> decide(double required, double spare, std::vector<VariantCapacity> variants) {
  const Assessment assessment{.model = "m",
                              .required_tokens = required,
                              .spare_tokens = spare,
                              .variants = std::move(variants)};
  return find_optimizer("inventory-blind")->make()->decide(std::vector{assessment}, {});
}

TEST(InventoryBlind, TurnsTokensIntoReplicas) {
  EXPECT_EQ(decide(25, 0, {variant(10, 1)})[0].delta, 3);
  EXPECT_EQ(decide(0, 25, {variant(30, 3)})[0].delta, -2);
  EXPECT_EQ(decide(0, 100, {variant(30, 3)})[0].delta, -3);
  EXPECT_EQ(decide(0, 1, {variant(100, 10)})[0].delta, -1);
  EXPECT_TRUE(decide(0, 50, {variant(0, 0)}).empty());
  EXPECT_TRUE(decide(50, 0, {}).empty());
  EXPECT_TRUE(decide(0, 0, {variant(30, 3)}).empty());
}

TEST(InventoryBlind, GrowsTheCheapestAndShrinksTheDearest) {
  const std::vector<VariantCapacity> two = {variant(30, 3, "A100", 10), variant(30, 3, "H100", 20)};
  const std::vector<Decision> shrink = decide(0, 20, two);
  EXPECT_EQ(shrink[0].variant.gpu_type, "H100");
  EXPECT_EQ(shrink[0].delta, -2);
  const std::vector<Decision> grow =
      decide(50, 0, {variant(0, 0, "A100", 10), variant(30, 3, "H100", 20)});
  EXPECT_EQ(grow[0].variant.gpu_type, "A100");
  EXPECT_EQ(grow[0].delta, 1) << "nobody knows how large a replica of it is";
}

TEST(InventoryBlind, TakesTheFirstOfEquallyDearVariants) {
  const std::vector<Decision> shrink =
      decide(0, 10, {variant(10, 1, "A100"), variant(10, 1, "H100")});
  EXPECT_EQ(shrink[0].variant.gpu_type, "A100");
}

TEST(InventoryBlind, MayDrainEverybodyExceptWhereRoundingHelps) {
  for (int n = 2; n <= 6; ++n) {
    const double supply = 8000.0 * n;
    EXPECT_EQ(decide(0, supply, {variant(supply, n)})[0].delta, -n);
  }
  EXPECT_EQ(decide(0, 268.80000000000007, {variant(268.80000000000007, 7)})[0].delta, -6);
}

}  // namespace
}  // namespace blis::control
