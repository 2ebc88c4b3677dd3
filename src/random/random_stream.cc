#include "random/random_stream.h"

#include "base/check.h"
#include "random/elementary.h"
#include "random/seed_table.h"
#include "random/ziggurat.h"

namespace blis::random {
namespace {

/// Powers 21, 22, … of the Lehmer multiplier: seeding throws 20 numbers away and takes 3 for each
/// state word.
constexpr std::array<std::uint32_t, 3 * kLongLag> kSeedPowers = [] {
  std::array<std::uint32_t, 3 * kLongLag> powers{};
  std::uint64_t power = 1;
  for (int i = 0; i < 20; ++i) power = lehmer_step(power);
  for (std::uint32_t& p : powers) {
    power = lehmer_step(power);
    p = static_cast<std::uint32_t>(power);
  }
  return powers;
}();

}  // namespace

std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

std::int64_t stream_seed(std::int64_t master, std::string_view name) {
  if (name == "workload") return master;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(master) ^ fnv1a64(name));
}

std::uint32_t RandomStream::reduced_seed(std::int64_t seed) {
  constexpr std::int64_t kModulus = (std::int64_t{1} << 31) - 1;
  std::int64_t reduced = seed % kModulus;
  if (reduced < 0) reduced += kModulus;
  return reduced == 0 ? 89'482'311 : static_cast<std::uint32_t>(reduced);
}

RandomStream::RandomStream(std::int64_t seed) {
  static_assert(kLength == kLongLag);
  // Three Lehmer numbers make a word. Each is a fixed power of the multiplier times the seed, which
  // unlike stepping from one to the next leaves nothing to wait for; streams are seeded by the
  // million in session workloads.
  const auto x = std::uint64_t{reduced_seed(seed)};
  const std::array<std::uint64_t, kLongLag>& table = seed_table();
  for (std::size_t i = 0; i < kLength; ++i) {
    const std::uint64_t word = lehmer_product(kSeedPowers[3 * i], x) << 40 ^
                               lehmer_product(kSeedPowers[3 * i + 1], x) << 20 ^
                               lehmer_product(kSeedPowers[3 * i + 2], x);
    state_[kLength - 1 - i] = word ^ table[i];
  }
  // The reference begins by adding its word 606 to its word 333.
  feed_ = kLength - 1 - 333;
  tap_ = kLength - 1 - 606;
}

double RandomStream::float64() {
  for (;;) {
    const double v = static_cast<double>(int63()) / 9223372036854775808.0;
    if (v != 1) return v;  // the conversion rounds, and so may reach 1
  }
}

std::int64_t RandomStream::intn(std::int64_t n) {
  BLIS_CHECK(n > 0, "random engine 16.6: no integer in [0, {})", n);
  if (n <= std::int64_t{0x7fffffff}) return int31n(static_cast<std::int32_t>(n));
  return int63n(n);
}

std::int32_t RandomStream::int31n(std::int32_t n) {
  if ((n & (n - 1)) == 0) return int31() & (n - 1);
  const auto remainder =
      static_cast<std::int32_t>((std::uint32_t{1} << 31) % static_cast<std::uint32_t>(n));
  const std::int32_t max = 0x7fffffff - remainder;
  std::int32_t v = int31();
  while (v > max) v = int31();
  return v % n;
}

std::int64_t RandomStream::int63n(std::int64_t n) {
  if ((n & (n - 1)) == 0) return int63() & (n - 1);
  const auto remainder =
      static_cast<std::int64_t>((std::uint64_t{1} << 63) % static_cast<std::uint64_t>(n));
  const std::int64_t max = static_cast<std::int64_t>(kMask63) - remainder;
  std::int64_t v = int63();
  while (v > max) v = int63();
  return v % n;
}

double RandomStream::normal() {
  const Ziggurat<128>& table = normal_ziggurat();
  for (;;) {
    const auto j = static_cast<std::int32_t>(uint32());
    const std::size_t i = static_cast<std::size_t>(j & 127);
    const double x = static_cast<double>(j) * static_cast<double>(table.width[i]);
    const std::uint32_t magnitude =
        j < 0 ? 0 - static_cast<std::uint32_t>(j) : static_cast<std::uint32_t>(j);
    if (magnitude < table.accept[i]) return x;
    if (i == 0) {  // the tail
      constexpr double kInverseTail = 0x1.2972a8afc6175p-2;
      double tail = 0;
      double y = 0;
      do {
        tail = -log(float64()) * kInverseTail;
        y = -log(float64());
      } while (y + y < tail * tail);
      return j > 0 ? kNormalTail + tail : -kNormalTail - tail;
    }
    // In single precision, as the reference does it.
    const auto u = static_cast<float>(float64());
    const float height = table.density[i] + u * (table.density[i - 1] - table.density[i]);
    if (height < static_cast<float>(exp(-0.5 * x * x))) return x;
  }
}

double RandomStream::exponential() {
  const Ziggurat<256>& table = exponential_ziggurat();
  for (;;) {
    const std::uint32_t j = uint32();
    const std::size_t i = j & 255;
    const double x = static_cast<double>(j) * static_cast<double>(table.width[i]);
    if (j < table.accept[i]) return x;
    if (i == 0) return kExponentialTail - log(float64());
    const auto u = static_cast<float>(float64());
    const float height = table.density[i] + u * (table.density[i - 1] - table.density[i]);
    if (height < static_cast<float>(exp(-x))) return x;
  }
}

std::vector<std::size_t> RandomStream::permutation(std::size_t n) {
  std::vector<std::size_t> result(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto j = static_cast<std::size_t>(intn(static_cast<std::int64_t>(i) + 1));
    result[i] = result[j];
    result[j] = i;
  }
  return result;
}

std::uint32_t RandomStream::shuffle_index(std::uint32_t n) {
  // Lemire's multiplication, which is not how intn draws.
  std::uint64_t product = std::uint64_t{uint32()} * n;
  if (static_cast<std::uint32_t>(product) < n) {
    const std::uint32_t threshold = (0 - n) % n;
    while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{uint32()} * n;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

void RandomStream::shuffle(std::size_t n,
                           const std::function<void(std::size_t, std::size_t)>& swap) {
  BLIS_CHECK(n <= 0x7fffffff, "cannot shuffle {} elements", n);
  for (std::size_t i = n; i-- > 1;) swap(i, shuffle_index(static_cast<std::uint32_t>(i) + 1));
}

}  // namespace blis::random
