#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "testing/message_of.h"
#include "workload/length_sampler.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

DistributionSpec distribution(std::string type, std::map<std::string, double> params) {
  DistributionSpec spec;
  spec.type = std::move(type);
  spec.params = std::move(params);
  return spec;
}

std::int64_t first_sample(const DistributionSpec& spec, std::int64_t seed = 42) {
  random::RandomStream stream(seed);
  return make_length_sampler(spec)->sample(stream);
}

/// Number of base draws that one sample takes, told from where the stream stands afterwards.
int draws_of(const DistributionSpec& spec) {
  random::RandomStream sampled(42);
  make_length_sampler(spec)->sample(sampled);
  random::RandomStream counted(42);
  for (int draws = 0; draws < 10; ++draws) {
    random::RandomStream here = counted;
    random::RandomStream there = sampled;
    if (here.int63() == there.int63()) return draws;
    counted.int63();
  }
  return -1;
}

TEST(LengthSamplers, AConstantIsAtLeastOne) {
  EXPECT_EQ(first_sample(distribution("constant", {{"value", 7.9}})), 7);
  EXPECT_EQ(first_sample(distribution("constant", {{"value", 0}})), 1);
  EXPECT_EQ(draws_of(distribution("constant", {{"value", 7}})), 0);
}

TEST(LengthSamplers, GaussianScalesClampsAndRounds) {
  // The first normal of seed 42 is 1.5536305584564762.
  EXPECT_EQ(first_sample(distribution("gaussian",
                                      {{"mean", 100}, {"std_dev", 10}, {"min", 1}, {"max", 500}})),
            116);
  EXPECT_EQ(first_sample(distribution("gaussian",
                                      {{"mean", 100}, {"std_dev", 10}, {"min", 1}, {"max", 110}})),
            110);
  EXPECT_EQ(first_sample(distribution(
                "gaussian", {{"mean", 100}, {"std_dev", 10}, {"min", 120}, {"max", 500}})),
            120);
}

TEST(LengthSamplers, GaussianWithOneValueDrawsNothingAndMayBeZero) {
  const auto zero = distribution("gaussian", {{"mean", 9}, {"std_dev", 3}, {"min", 0}, {"max", 0}});
  EXPECT_EQ(first_sample(zero), 0);
  EXPECT_EQ(draws_of(zero), 0);
}

TEST(LengthSamplers, ExponentialRespectsTheBoundsItHas) {
  // The first exponential of seed 42 is 0.49573841490239784.
  EXPECT_EQ(first_sample(distribution("exponential", {{"mean", 100}})), 50);
  EXPECT_EQ(first_sample(distribution("exponential", {{"mean", 100}, {"min", 60}})), 60);
  EXPECT_EQ(first_sample(distribution("exponential", {{"mean", 100}, {"max", 40}})), 40);
  EXPECT_EQ(first_sample(distribution("exponential", {{"mean", 0}})), 1);
}

TEST(LengthSamplers, HugeDrawsEndAtTheLowerBound) {
  // Beyond 2^63 a rounded value becomes -2^63, which the clamp then raises to min.
  EXPECT_EQ(first_sample(distribution("exponential", {{"mean", 1e30}, {"min", 5}, {"max", 9}})), 5);
  EXPECT_EQ(
      first_sample(distribution("lognormal", {{"mu", 60}, {"sigma", 1}, {"min", 5}, {"max", 9}})),
      5);
  EXPECT_EQ(first_sample(distribution("lognormal", {{"mu", 1e4}, {"sigma", 1}, {"max", 9}})), 1);
}

TEST(LengthSamplers, EmpiricalKeysAreIntegerPrefixes) {
  EXPECT_EQ(first_sample(distribution("empirical", {{"100.5", 1}})), 100);
  EXPECT_EQ(first_sample(distribution("empirical", {{"1e3", 1}})), 1);
  EXPECT_EQ(first_sample(distribution("empirical", {{" +7", 1}})), 7);
  EXPECT_EQ(first_sample(distribution("empirical", {{"0x10", 1}})), 0);
  EXPECT_EQ(first_sample(distribution("empirical", {{"5", -1}, {"6", 0}})), 1);
  for (const char* key : {"x", "", "+-5", "99999999999999999999"}) {
    EXPECT_THAT(message_of([&] {
                  first_sample(distribution("empirical", {{key, 1}}));
                }),
                HasSubstr("is not a token count"));
  }
  EXPECT_THAT(message_of([] { first_sample(distribution("empirical", {})); }), HasSubstr("empty"));
}

TEST(LengthSamplers, EmpiricalChoosesByWeight) {
  // The first uniform of seed 42 is 0.373.
  EXPECT_EQ(first_sample(distribution("empirical", {{"10", 0.3}, {"20", 0.7}})), 20);
  EXPECT_EQ(first_sample(distribution("empirical", {{"10", 0.4}, {"20", 0.6}})), 10);
  EXPECT_EQ(draws_of(distribution("empirical", {{"10", 0.4}})), 0);
  EXPECT_EQ(draws_of(distribution("empirical", {{"10", 0.4}, {"20", 0.6}})), 1);
}

TEST(LengthSamplers, ASequenceRepeats) {
  random::RandomStream stream(1);
  const auto sampler = make_sequence_sampler({3, 0});
  EXPECT_EQ(sampler->sample(stream), 3);
  EXPECT_EQ(sampler->sample(stream), 0);
  EXPECT_EQ(sampler->sample(stream), 3);
  EXPECT_EQ(make_sequence_sampler({})->sample(stream), 1);
}

TEST(LengthSamplers, NameTheNearestType) {
  EXPECT_THAT(message_of([] { make_length_sampler(distribution("gausian", {})); }),
              HasSubstr("did you mean \"gaussian\""));
}

TEST(LengthSamplers, RefuseContradictingBounds) {
  EXPECT_THAT(
      message_of([] {
        make_length_sampler(distribution("exponential", {{"mean", 1}, {"min", 9}, {"max", 5}}));
      }),
      AllOf(HasSubstr("exponential"), HasSubstr("min 9 is greater than max 5")));
}

/// Parameters that every registered distribution can be built with.
DistributionSpec any_usable(const LengthSamplerEntry& entry) {
  return distribution(std::string(entry.name),
                      entry.name == "empirical"
                          ? std::map<std::string, double>{{"5", 1}, {"90", 2}}
                          : std::map<std::string, double>{{"value", 30},
                                                          {"mean", 40},
                                                          {"std_dev", 30},
                                                          {"min", 2},
                                                          {"max", 200},
                                                          {"mu", 3},
                                                          {"sigma", 2},
                                                          {"alpha", 1.2},
                                                          {"xm", 3},
                                                          {"mix_weight", 0.4}});
}

TEST(EveryLengthSampler, NeedsItsRequiredParams) {
  for (const LengthSamplerEntry& entry : length_sampler_entries()) {
    if (entry.required_params.empty()) continue;
    const std::string first(entry.required_params.substr(0, entry.required_params.find(',')));
    DistributionSpec spec = any_usable(entry);
    spec.params.erase(first);
    EXPECT_THAT(
        message_of([&] { make_length_sampler(spec); }),
        AllOf(HasSubstr(std::string(entry.name)), HasSubstr("requires param \"" + first + "\"")));
  }
}

RC_GTEST_PROP(EveryLengthSampler, DrawsAtLeastOneAndOnlyFromItsStream, (std::int64_t seed)) {
  for (const LengthSamplerEntry& entry : length_sampler_entries()) {
    random::RandomStream a(seed);
    random::RandomStream b(seed);
    const auto sampler = make_length_sampler(any_usable(entry));
    const auto twin = make_length_sampler(any_usable(entry));
    for (int i = 0; i < 20; ++i) {
      const std::int64_t value = sampler->sample(a);
      RC_ASSERT(value >= 1);
      RC_ASSERT(value == twin->sample(b));
    }
  }
}

RC_GTEST_PROP(LengthSamplers, EmpiricalIgnoresTheScaleOfWeights, (std::int64_t seed)) {
  // Powers of two scale without rounding, so even the cumulative sums have the same bits.
  const double scale = std::ldexp(1.0, *rc::gen::inRange(-20, 20));
  const auto plain =
      make_length_sampler(distribution("empirical", {{"3", 1}, {"8", 2.5}, {"70", 0.1}}));
  const auto scaled = make_length_sampler(
      distribution("empirical", {{"3", scale}, {"8", 2.5 * scale}, {"70", 0.1 * scale}}));
  random::RandomStream a(seed);
  random::RandomStream b(seed);
  for (int i = 0; i < 50; ++i) RC_ASSERT(plain->sample(a) == scaled->sample(b));
}

}  // namespace
}  // namespace blis::workload
