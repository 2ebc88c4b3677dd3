// Requests with tokens, for tests of the KV cache: the cache sees their keys only.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "kv/kv_store.h"
#include "request/block_keys.h"

namespace blis::testing {

using Tokens = std::vector<std::int32_t>;

/// first, first + 1, …: `count` tokens.
inline Tokens token_run(std::int32_t first, std::size_t count) {
  Tokens tokens(count);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

inline Tokens concat(Tokens a, std::span<const std::int32_t> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Keys of the full blocks of a token sequence.
inline std::vector<request::BlockKey> keys_of(std::span<const std::int32_t> tokens,
                                              std::int64_t block_size) {
  request::BlockKeyChain chain(block_size);
  chain.append(tokens);
  return chain.take_keys();
}

/// A request as a cache sees it, with the tokens that it does not see.
class KvRequest {
 public:
  KvRequest(std::uint32_t id, std::int64_t block_size, Tokens input, Tokens output)
      : input_(std::move(input)), output_(std::move(output)) {
    request::BlockKeyChain chain(block_size);
    chain.append(input_);
    keys_ = request::make_token_keys(std::move(chain), output_);
    client_ = {.id = RequestId(id),
               .input_tokens = std::ssize(input_),
               .output_tokens = std::ssize(output_),
               .progress = 0,
               .keys = keys_.get()};
  }

  RequestId id() const { return client_.id; }
  const Tokens& input() const { return input_; }
  const Tokens& output() const { return output_; }
  Tokens sequence() const { return concat(input_, output_); }
  const kv::KvClient& client() const { return client_; }
  std::int64_t progress() const { return client_.progress; }
  void set_progress(std::int64_t progress) { client_.progress = progress; }
  void set_decode_sub_request() { client_.is_decode_sub_request = true; }

 private:
  Tokens input_;
  Tokens output_;
  std::shared_ptr<const request::TokenKeys> keys_;
  kv::KvClient client_;
};

inline std::vector<BlockId> block_ids(std::initializer_list<std::uint32_t> values) {
  std::vector<BlockId> ids;
  for (const std::uint32_t value : values) ids.emplace_back(value);
  return ids;
}

inline std::vector<BlockId> match(const kv::KvStore& cache, std::span<const std::int32_t> tokens) {
  std::vector<BlockId> blocks;
  cache.match(keys_of(tokens, cache.block_size()), blocks);
  return blocks;
}

}  // namespace blis::testing
