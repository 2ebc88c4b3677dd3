#include "workload/think_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::HasSubstr;

std::int64_t first_us(const char* text) {
  random::RandomStream stream(42);
  return parse_think_time(text)->sample(stream);
}

TEST(ThinkTime, LognormalSeconds) {
  random::RandomStream stream(42);
  const auto sampler = parse_think_time("lognormal:mu=2.0,sigma=0.6,min=3s,max=30s");
  EXPECT_EQ(sampler->sample(stream), 18'768'470);
  EXPECT_EQ(sampler->sample(stream), 7'965'770);
  EXPECT_EQ(sampler->sample(stream), 5'492'454);
}

TEST(ThinkTime, UnitsOfConstants) {
  EXPECT_EQ(first_us("constant:value=500"), 500'000);
  EXPECT_EQ(first_us("constant:value=500ms"), 500'000);
  EXPECT_EQ(first_us("constant: value=2.5us ,, other=x"), 2);
  EXPECT_EQ(first_us("constant:value=1.5s"), 1'500'000);
  EXPECT_EQ(first_us("constant:value=0"), 1);
}

TEST(ThinkTime, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "expected type:key=value"},
      {"constant", "expected type:key=value"},
      {"uniform:a=1", "unknown type \"uniform\""},
      {"lognormall:mu=1", "did you mean \"lognormal\""},
      {"constant:x=1", "value is required"},
      {"constant:value", "expected key=value"},
      {"constant:value=1,value=2", "given twice"},
      {"constant:value=-1", "non-negative time"},
      {"constant:value=inf", "non-negative time"},
      {"constant:value = 1", "value is required"},
      {"lognormal:sigma=1", "mu is required"},
      {"lognormal:mu=1,sigma=0", "sigma must be positive"},
      {"lognormal:mu=nan,sigma=1", "mu must be a finite number"},
      {"lognormal:mu=1,sigma=1,min=5s,max=4s", "min 5000000 µs is greater"},
  };
  for (const auto& [text, fragment] : wrong) {
    const std::string message = message_of([&] { parse_think_time(text); });
    EXPECT_THAT(message, HasSubstr(fragment)) << text;
    EXPECT_THAT(message, HasSubstr("--think-time-dist")) << text;
  }
}

TEST(ThinkTime, ZeroBoundsAreNone) {
  EXPECT_EQ(first_us("lognormal:mu=2.0,sigma=0.6,min=0,max=0s"), 18'768'470);
}

}  // namespace
}  // namespace blis::workload
