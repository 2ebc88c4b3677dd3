#include "config/gpu_prices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"

namespace blis::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(GpuPrices, AreReadByType) {
  EXPECT_THAT(parse_gpu_prices("H100=2.5, A100-80=1"),
              ElementsAre(Pair("A100-80", 1.0), Pair("H100", 2.5)));
  EXPECT_THAT(parse_gpu_prices(""), IsEmpty());
}

TEST(GpuPrices, AreRefusedWithTheReason) {
  const auto message = [](std::string_view text) {
    return blis::testing::message_of([&] { parse_gpu_prices(text); });
  };
  EXPECT_THAT(message("2.5"), HasSubstr("--gpu-hour-cost: \"2.5\" is not of the form type=price"));
  EXPECT_THAT(message("=2.5"), HasSubstr("is not of the form type=price"));
  EXPECT_THAT(message("H100=1,"), HasSubstr("is not of the form type=price"));
  EXPECT_THAT(message("H100=-1"), HasSubstr("the price \"-1\" of H100 is not a finite number"));
  EXPECT_THAT(message("H100=inf"), HasSubstr("is not a finite number"));
  EXPECT_THAT(message("H100=cheap"), HasSubstr("is not a finite number"));
  EXPECT_THAT(message("H100=1,H100=2"), HasSubstr("H100 has two prices"));
}

}  // namespace
}  // namespace blis::config
