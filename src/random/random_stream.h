// One stream of random numbers: x(n) = x(n-607) + x(n-273) mod 2^64, seeded as Go's math/rand seeds
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace blis::random {

/// FNV-1a, 64 bit, of the bytes of `text`.
std::uint64_t fnv1a64(std::string_view text);

/// Seed of the stream `name` of a run: `master XOR fnv1a64(name)`; the name "workload" means the
/// master seed itself.
/// SOURCE spec engine 16.3.
std::int64_t stream_seed(std::int64_t master, std::string_view name);

/// One generator. 4.9 KB of state; copying it forks the stream. Not thread-safe.
/// COST  seeding 2-3 us (the first of a process also computes tables, about a millisecond); a draw
/// 1-3 ns. SOURCE spec engine 16.4-16.6.
class RandomStream {
 public:
  explicit RandomStream(std::int64_t seed);

  std::uint64_t u64() {
    const std::uint64_t x = state_[feed_] += state_[tap_];
    if (++feed_ == kLength) feed_ = 0;
    if (++tap_ == kLength) tap_ = 0;
    return x;
  }
  std::int64_t int63() { return static_cast<std::int64_t>(u64() & kMask63); }
  std::uint32_t uint32() { return static_cast<std::uint32_t>(int63() >> 31); }
  std::int32_t int31() { return static_cast<std::int32_t>(int63() >> 32); }

  double float64();                   ///< in [0, 1)
  std::int64_t intn(std::int64_t n);  ///< in [0, n). REQUIRES n > 0
  double normal();                    ///< standard normal, ziggurat with 128 strips
  double exponential();               ///< mean 1, ziggurat with 256 strips
  std::vector<std::size_t> permutation(std::size_t n);
  void shuffle(std::size_t n, const std::function<void(std::size_t, std::size_t)>& swap);

  /// Fills `out` with draws of intn(128000): token ids. The same draws as that many calls, faster.
  void tokens(std::span<std::int32_t> out);
  /// Draws `count` token ids for nobody, which is faster still.
  void skip_tokens(std::int64_t count);

  /// What seeding makes of a seed: seeds of which this is the same give the same stream.
  static std::uint32_t reduced_seed(std::int64_t seed);

 private:
  static constexpr std::size_t kLength = 607;
  static constexpr std::uint64_t kMask63 = (std::uint64_t{1} << 63) - 1;

  std::int32_t int31n(std::int32_t n);
  std::int64_t int63n(std::int64_t n);
  std::uint32_t shuffle_index(std::uint32_t n);

  // The reference walks its state downwards; ours is stored the other way round, so that both
  // positions count up and blocks of draws are plain forward loops.
  std::size_t feed_ = 0;
  std::size_t tap_ = 0;
  std::array<std::uint64_t, kLength> state_;
};

inline constexpr std::int64_t kVocabularySize = 128'000;

}  // namespace blis::random
