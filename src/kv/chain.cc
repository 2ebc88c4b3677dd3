#include "kv/chain.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/check.h"

namespace blis::kv {
namespace {

using request::BlockKey;

bool is_same(const BlockKey* a, const BlockKey* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

/// The content of chain[i] behind `previous`.
BlockKey behind(const BlockKey* previous, const std::vector<BlockKey>& chain, std::size_t i) {
  BLIS_CHECK(i < chain.size(), "kv-cache 2: block {} of a request with {} keys", i, chain.size());
  const BlockKey* usual = i == 0 ? nullptr : &chain[i - 1];
  return is_same(previous, usual) ? chain[i] : request::rechain(chain[i], usual, previous);
}

/// Stands for tokens between two block boundaries. It takes a chunk that ends inside a block whose
/// rest was reloaded from a lower tier to get here (the request then stores a few tokens twice),
/// and only the same request, or one with the same tokens in both blocks that are cut, can meet
/// this key again.
BlockKey unaligned(const KvClient& client, const BlockKey* previous, std::int64_t end) {
  const std::vector<BlockKey>& sequence = client.keys->sequence;
  const auto cut = static_cast<std::size_t>(end / client.keys->block_size);
  std::array<std::int32_t, 9> words{};
  const auto put = [&words](std::size_t at, std::uint64_t bits) {
    words[at] = static_cast<std::int32_t>(bits & 0xffff'ffffU);
    words[at + 1] = static_cast<std::int32_t>(bits >> 32);
  };
  if (cut > 0 && cut <= sequence.size()) {
    put(0, sequence[cut - 1].low);
    put(2, sequence[cut - 1].high);
  }
  if (cut < sequence.size()) {
    put(4, sequence[cut].low);
    put(6, sequence[cut].high);
  }
  words[8] = static_cast<std::int32_t>(end % client.keys->block_size);
  return request::chain_key(previous, words);
}

}  // namespace

BlockKey key_of_block(const KvClient& client, const BlockKey* previous, std::int64_t end) {
  const std::int64_t block_size = client.keys->block_size;
  if (end % block_size == 0) {
    return behind(previous, client.keys->sequence, static_cast<std::size_t>(end / block_size - 1));
  }
  // An empty prompt stores output token 0 twice: once when it is admitted and once when it decodes.
  if (client.input_tokens == 0 && (end + 1) % block_size == 0) {
    return behind(previous, client.keys->output_only,
                  static_cast<std::size_t>((end + 1) / block_size - 1));
  }
  return unaligned(client, previous, end);
}

}  // namespace blis::kv
