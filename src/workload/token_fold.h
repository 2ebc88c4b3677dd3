// Token sequences that are read once, at the moment they are drawn, and then forgotten.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "request/block_keys.h"

namespace blis::request {
struct RequestSpec;
}

namespace blis::workload {

/// What those want to know about a token sequence who need more than its block keys: tests, and
/// `observe`, which sends it as text. Only computed if somebody observes.
struct TokenDigest {
  std::int64_t count = 0;
  std::uint64_t weighted_sum = 0;  ///< Σ (i+1)·token_i mod 2^64
  std::array<std::int32_t, 4> first{};
  std::vector<std::int32_t> tokens;

  void append(std::span<const std::int32_t> more);
};

/// Sees the tokens' digests of every request, follow-ups included, right before it is handed out.
/// nullptr in simulations.
class TokenObserver {
 public:
  virtual ~TokenObserver() = default;
  virtual void on_request(const request::RequestSpec& request, const TokenDigest& input,
                          const TokenDigest& output) = 0;
};

/// A token sequence under construction: its block keys and, if observed, its digest. Copying forks
/// it, which is how many requests share one prefix.
class TokenFold {
 public:
  TokenFold(std::int64_t block_size, bool observed) : chain_(block_size), observed_(observed) {}

  void append(std::span<const std::int32_t> tokens) {
    chain_.append(tokens);
    if (observed_) digest_.append(tokens);
  }
  std::int64_t size() const { return chain_.size(); }
  bool is_observed() const { return observed_; }
  const request::BlockKeyChain& chain() const { return chain_; }
  request::BlockKeyChain take_chain() { return std::move(chain_); }
  const TokenDigest& digest() const { return digest_; }

 private:
  request::BlockKeyChain chain_;
  TokenDigest digest_;
  bool observed_;
};

}  // namespace blis::workload
