// Requests made by the test, in order of arrival.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "request/request_source.h"

namespace blis::testing {

/// The prompt and answer `tokens` (the first `input_tokens` of them are the prompt), in KV blocks
/// of `block_size` tokens.
inline request::RequestSpec request_of(std::int64_t number, std::span<const std::int32_t> tokens,
                                       std::int64_t input_tokens, std::int64_t block_size,
                                       Micros arrival = {}) {
  const auto input = static_cast<std::size_t>(input_tokens);
  request::BlockKeyChain chain(block_size);
  chain.append(tokens.first(input));
  request::RequestSpec spec;
  spec.name.number = number;
  spec.arrival = arrival;
  spec.input_tokens = input_tokens;
  spec.output_tokens = static_cast<std::int64_t>(tokens.size()) - input_tokens;
  spec.keys = request::make_token_keys(std::move(chain), tokens.subspan(input));
  return spec;
}

class ListSource final : public request::RequestSource {
 public:
  std::vector<request::RequestSpec> specs;

  /// Appends a request in blocks of 16 tokens that shares none of them with the others.
  request::RequestSpec& add(std::int64_t input, std::int64_t output, Micros arrival = {}) {
    const auto number = static_cast<std::int32_t>(specs.size());
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(input + output));
    std::iota(tokens.begin(), tokens.end(), 10'000 * number);
    return specs.emplace_back(request_of(number, tokens, input, 16, arrival));
  }
  std::optional<request::RequestSpec> next() override {
    if (next_ == specs.size()) return std::nullopt;
    return specs[next_++];
  }

 private:
  std::size_t next_ = 0;
};

}  // namespace blis::testing
