#include "random/random_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <numeric>

#include "random/seed_table.h"
#include "random/ziggurat.h"
#include "testing/digest.h"

// The expected numbers are the acceptance vectors of spec engine 16, 18 and workload 23.1: outputs
// of the reference.

namespace blis::random {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

template <typename Draw>
auto draws(std::int64_t seed, int n, Draw draw) {
  RandomStream stream(seed);
  std::vector<decltype(draw(stream))> result;
  for (int i = 0; i < n; ++i) result.push_back(draw(stream));
  return result;
}

std::vector<std::int64_t> int63s(std::int64_t seed, int n) {
  return draws(seed, n, [](RandomStream& s) { return s.int63(); });
}

TEST(SeedTable, EqualsTheReferencesTable) {
  const auto& table = seed_table();
  EXPECT_EQ(static_cast<std::int64_t>(table[0]), -4181792142133755926);
  EXPECT_EQ(static_cast<std::int64_t>(table[3]), 5333664234075297259);
  EXPECT_EQ(table[606], 0x39a00a3a31c025c6u);
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const std::uint64_t>(table)),
            "1928503b93a563e491119a5889baba73d1605b90b63634c14a408805797a7c7b");
}

TEST(Ziggurat, EqualsTheReferencesTables) {
  const auto& normal = normal_ziggurat();
  EXPECT_EQ(normal.accept[0], 0x76ad2212u);
  EXPECT_EQ(normal.accept[127], 0x77d664e5u);
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const std::uint32_t>(normal.accept)),
            "3d2d71878b1adeda69fe4a5f1a320d654940a6e707948890ec94bfb165b96ec4");
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const float>(normal.width)),
            "ad7d9370fef99dc77b47694a776d9fccb45aaf1326c09445e3cb14ba09600048");
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const float>(normal.density)),
            "b48fe81bd18a78dc0efbb5189baf0e24325c51d1e9aa8cb5cac1939ef900111b");

  const auto& exponential = exponential_ziggurat();
  EXPECT_EQ(exponential.accept[0], 0xe290a139u);
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const std::uint32_t>(exponential.accept)),
            "4fec981f2c1ec2da27f22d5a6c4f8d3b4d7c5eb6904228fed57bc6773bdde572");
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const float>(exponential.width)),
            "4b52bdf8a87d68efb5f2807a8a3ac51d433e903baa57226521f76bf8893c4076");
  EXPECT_EQ(blis::testing::sha256_hex_of(std::span<const float>(exponential.density)),
            "493996e24da833f41559e2421036da46943c48e9cc501bcf04042da3f969c823");
}

TEST(StreamSeed, MixesTheNamesHashIntoTheMasterSeed) {
  EXPECT_EQ(fnv1a64("router"), 0xa0dba500590b7544u);
  EXPECT_EQ(fnv1a64("workload-gen"), 0x623e21a6896fc55fu);
  EXPECT_EQ(fnv1a64("instance_0"), 0x3b2423d14be44d45u);
  EXPECT_EQ(stream_seed(42, "router"), -6855704586828941970);
  EXPECT_EQ(stream_seed(42, "autoscaler"), -5900672355966167112);
  EXPECT_EQ(stream_seed(42, "workload"), 42);
}

TEST(RandomStream, Int63) {
  EXPECT_THAT(int63s(1, 5),
              ElementsAre(5577006791947779410, 8674665223082153551, 6129484611666145821,
                          4037200794235010051, 3916589616287113937));
  EXPECT_THAT(int63s(42, 5),
              ElementsAre(3440579354231278675, 608747136543856411, 5571782338101878760,
                          1926012586526624009, 404153945743547657));
  EXPECT_THAT(int63s(0, 3),
              ElementsAre(8717895732742165505, 2259404117704393152, 6050128673802995827));
  EXPECT_THAT(int63s(-1, 3),
              ElementsAre(3644962268338389676, 550171362161912239, 3094056749125766625));
  EXPECT_THAT(int63s(7919, 3),
              ElementsAre(4333024302461542131, 1822148208039145094, 3436196492585867507));
  EXPECT_THAT(int63s(stream_seed(42, "workload-gen"), 2),
              ElementsAre(8021973113318348621, 8992864799868832677));
  EXPECT_EQ(int63s(stream_seed(42, "kv-offload"), 1)[0], 6265159159888014515);
  EXPECT_EQ(int63s(stream_seed(42, "prefill-router"), 1)[0], 8906709647851693348);
}

TEST(RandomStream, OnlySeedsModulo2To31Minus1Matter) {
  EXPECT_EQ(int63s(std::int64_t{1} << 31, 3), int63s(1, 3));
}

TEST(RandomStream, LongSequence) {
  RandomStream stream(42);
  std::uint64_t mixed = 0;
  for (int i = 0; i < 100'000; ++i) mixed ^= stream.u64();
  EXPECT_EQ(mixed, 0x91736b1632c98a80u);
}

TEST(RandomStream, Float64) {
  EXPECT_THAT(draws(42, 5, [](RandomStream& s) { return s.float64(); }),
              ElementsAre(0.3730283610466326, 0.06600049679351791, 0.604093851558642,
                          0.20881870305465913, 0.043818458599374305));
  EXPECT_EQ(RandomStream(stream_seed(42, "router")).float64(), 0.23959410132548314);
}

TEST(RandomStream, Intn) {
  EXPECT_THAT(draws(1, 10, [](RandomStream& s) { return s.intn(100); }),
              ElementsAre(81, 87, 47, 59, 81, 18, 25, 40, 56, 0));
  EXPECT_THAT(draws(42, 8, [](RandomStream& s) { return s.intn(kVocabularySize); }),
              ElementsAre(48305, 38987, 1668, 50750, 19423, 117345, 104357, 119176));
  EXPECT_THAT(draws(42, 3, [](RandomStream& s) { return s.intn(3); }), ElementsAre(2, 2, 2));
  EXPECT_THAT(draws(7, 3, [](RandomStream& s) { return s.intn(1'000'000'000'000); }),
              ElementsAre(246537043955, 795452531224, 336114473942));
}

TEST(RandomStream, IntnOfAPowerOfTwoMasks) {
  RandomStream stream(42);
  RandomStream bits(42);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream.intn(1 << 20), bits.int31() & ((1 << 20) - 1));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(stream.intn(std::int64_t{1} << 40), bits.int63() & ((std::int64_t{1} << 40) - 1));
  }
}

TEST(RandomStream, Normal) {
  EXPECT_THAT(draws(1, 3, [](RandomStream& s) { return s.normal(); }),
              ElementsAre(-1.233758177597947, -0.12634751070237293, -0.5209945711531503));
  EXPECT_THAT(draws(42, 5, [](RandomStream& s) { return s.normal(); }),
              ElementsAre(1.5536305584564762, 0.12525608682704692, -0.4943748127704828,
                          1.2440150150762053, 0.1319784842710705));
}

TEST(RandomStream, Exponential) {
  EXPECT_THAT(draws(1, 3, [](RandomStream& s) { return s.exponential(); }),
              ElementsAre(0.5872982159059681, 0.5372820936538049, 1.2310533463860203));
  EXPECT_THAT(draws(42, 5, [](RandomStream& s) { return s.exponential(); }),
              ElementsAre(0.49573841490239784, 0.13054718375896252, 0.1532334522090758,
                          0.3384463626094486, 0.11596423879404183));
}

// Long enough to pass through the tails and the slow edges of both ziggurats; the next draw shows
// that each of them took as many numbers as it should.
TEST(RandomStream, LongSequencesOfNormalsAndExponentials) {
  RandomStream normals(42);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += normals.normal();
  EXPECT_EQ(sum, 361.59271925631845);
  EXPECT_EQ(normals.u64(), 3025764522706251676u);

  RandomStream exponentials(42);
  sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += exponentials.exponential();
  EXPECT_EQ(sum, 100054.33500197234);
  EXPECT_EQ(exponentials.u64(), 14657886196090771907u);
}

TEST(RandomStream, MillionPairsOfNormalsAndExponentials) {
  RandomStream stream(1);
  std::string lines;
  double normals = 0;
  double exponentials = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const double normal = stream.normal();
    const double exponential = stream.exponential();
    normals += normal;
    exponentials += exponential;
    fmt::format_to(std::back_inserter(lines), "{:x},{:x}\n", std::bit_cast<std::uint64_t>(normal),
                   std::bit_cast<std::uint64_t>(exponential));
  }
  EXPECT_EQ(normals, 229.4275748038737);
  EXPECT_EQ(exponentials, 1.0011639761403259e+06);
  EXPECT_EQ(fnv1a64(lines), 0x33e21889db4f052au);
}

TEST(RandomStream, PermutationAndShuffle) {
  EXPECT_THAT(RandomStream(42).permutation(8), ElementsAre(7, 5, 3, 4, 2, 1, 6, 0));
  std::vector<int> digits(10);
  std::iota(digits.begin(), digits.end(), 0);
  RandomStream(42).shuffle(10,
                           [&](std::size_t i, std::size_t j) { std::swap(digits[i], digits[j]); });
  EXPECT_THAT(digits, ElementsAre(2, 5, 7, 9, 6, 8, 1, 4, 0, 3));
}

TEST(RandomStream, CopyingForks) {
  RandomStream a(3);
  a.u64();
  RandomStream b = a;
  EXPECT_EQ(a.u64(), b.u64());
}

// 2,000,000 tokens meet some 26 rejected draws.
TEST(RandomStream, TokensAreTheSameDrawsAsIntn) {
  RandomStream bulk(42);
  RandomStream single(42);
  std::vector<std::int32_t> tokens(2'000'000);
  bulk.tokens(tokens);
  for (const std::int32_t token : tokens) ASSERT_EQ(token, single.intn(kVocabularySize));
  EXPECT_EQ(bulk.u64(), single.u64());
}

RC_GTEST_PROP(RandomStream, TokensInAnyPortionsAreTheSameDraws, (std::int64_t seed)) {
  RandomStream bulk(seed);
  RandomStream single(seed);
  for (const int portion : *rc::gen::container<std::vector<int>>(5, rc::gen::inRange(0, 2000))) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(portion));
    bulk.tokens(tokens);
    for (const std::int32_t token : tokens) RC_ASSERT(token == single.intn(kVocabularySize));
    RC_ASSERT(bulk.u64() == single.u64());
  }
}

// Long enough to meet draws that are thrown away, one in 78,000.
RC_GTEST_PROP(RandomStream, SkippedTokensAreDrawnTokens, (std::int64_t seed)) {
  RandomStream drawn(seed), skipped(seed);
  std::vector<std::int32_t> tokens(200'000);
  drawn.tokens(tokens);
  std::int64_t left = 200'000;
  while (left > 0) {
    const std::int64_t n = std::min<std::int64_t>(left, *rc::gen::inRange<std::int64_t>(1, 60'000));
    skipped.skip_tokens(n);
    left -= n;
  }
  RC_ASSERT(skipped.u64() == drawn.u64());
}

RC_GTEST_PROP(RandomStream, IntnStaysInRange, (std::int64_t seed)) {
  const std::int64_t n = *rc::gen::positive<std::int64_t>();
  const std::int64_t v = RandomStream(seed).intn(n);
  RC_ASSERT(v >= 0 && v < n);
}

TEST(RandomStreamDeathTest, RefusesAnEmptyRange) {
  EXPECT_EXIT(RandomStream(1).intn(0), ::testing::ExitedWithCode(2), "no integer in");
}

}  // namespace
}  // namespace blis::random
