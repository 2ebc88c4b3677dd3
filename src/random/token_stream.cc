// Token ids in bulk. Simulated prompts have millions of tokens, so this is the one draw whose speed
// shows.
//
// A draw depends on the draws 607 and 273 before it, so up to 273 of them are independent: they are
// made in one forward loop over the state, which compilers turn into SIMD code. Rejections (one
// draw in some 78,000) are looked for once per block and closed up afterwards.

#include <algorithm>

#include "random/random_stream.h"
#include "random/seed_table.h"

namespace blis::random {
namespace {

constexpr std::uint32_t kVocabulary = static_cast<std::uint32_t>(kVocabularySize);
/// Draws of 31 bits above this are thrown away, so that all ids are equally likely.
constexpr std::uint32_t kLargest = 0x7fffffff - (std::uint32_t{1} << 31) % kVocabulary;

/// Advances `n` state words and stores the 31-bit draws they make. True if any of these is to be
/// thrown away. REQUIRES  n <= 273, and the ranges do not overlap.
[[gnu::always_inline]] inline bool draw(std::uint64_t* __restrict feed,
                                        const std::uint64_t* __restrict tap,
                                        std::uint32_t* __restrict out, std::size_t n) {
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    feed[i] += tap[i];
    out[i] = static_cast<std::uint32_t>(feed[i] >> 32) & 0x7fffffff;
    largest = std::max(largest, out[i]);
  }
  return largest > kLargest;
}

[[gnu::always_inline]] inline void reduce(std::uint32_t* values, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) values[i] %= kVocabulary;
}

}  // namespace

void RandomStream::tokens(std::span<std::int32_t> out) {
  std::array<std::uint32_t, kShortLag> block;
  while (!out.empty()) {
    std::size_t n = std::min({out.size(), kShortLag, kLength - feed_, kLength - tap_});
    const bool has_rejects = draw(&state_[feed_], &state_[tap_], block.data(), n);
    feed_ = feed_ + n == kLength ? 0 : feed_ + n;
    tap_ = tap_ + n == kLength ? 0 : tap_ + n;
    if (has_rejects) {
      const auto end = std::remove_if(block.data(), block.data() + n,
                                      [](std::uint32_t v) { return v > kLargest; });
      n = static_cast<std::size_t>(end - block.data());
    }
    reduce(block.data(), n);
    std::copy_n(block.data(), n, out.data());
    out = out.subspan(n);
  }
}

}  // namespace blis::random
