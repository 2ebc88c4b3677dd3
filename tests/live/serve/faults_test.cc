#include "live/serve/faults.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace blis::live {
namespace {

FaultPlan plan(const std::vector<std::string>& rules) { return FaultPlan(rules, 42); }

std::string error_of(const std::string& rule) {
  try {
    plan({rule});
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(FaultPlan, HitsTheShareThatItSays) {
  const FaultPlan faults = plan({"error:rate=0.25,status=503", "slow:rate=0.5,ms=20"});
  int errors = 0;
  int delays = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const Fault fault = faults.draw(i);
    if (fault.status) {
      EXPECT_EQ(*fault.status, 503);
      ++errors;
    }
    if (fault.delay.count() > 0) ++delays;
    EXPECT_FALSE(fault.disconnect_after_tokens);
  }
  EXPECT_NEAR(errors, 2500, 150);  // more than three standard deviations
  EXPECT_NEAR(delays, 5000, 170);
}

TEST(FaultPlan, WithoutRulesNothingHappens) {
  const Fault fault = FaultPlan().draw(7);
  EXPECT_FALSE(fault.status);
  EXPECT_EQ(fault.delay.count(), 0);
}

TEST(FaultPlan, DropsComeInOrder) {
  const FaultPlan faults = plan({"drop:at=9,instance=1", "drop:at=0.5,instance=0"});
  ASSERT_EQ(faults.drops().size(), 2U);
  EXPECT_EQ(faults.drops()[0].at, Micros(500'000));
  EXPECT_EQ(faults.drops()[0].instance, 0);
}

TEST(FaultPlan, MistakesAreNamed) {
  EXPECT_NE(error_of("eror:rate=1,status=500").find("did you mean \"error\"?"), std::string::npos);
  EXPECT_NE(error_of("error:rate=1").find("status is missing"), std::string::npos);
  EXPECT_NE(error_of("error:rate=2,status=500").find("rate must be from 0 to 1"),
            std::string::npos);
  EXPECT_NE(error_of("error:rate=1,status=200").find("400 to 599"), std::string::npos);
  EXPECT_NE(error_of("slow:rate=x,ms=1").find("rate must be a number"), std::string::npos);
  EXPECT_NE(error_of("slow").find("rate is missing"), std::string::npos);
}

}  // namespace
}  // namespace blis::live
