// Which key a block gets when a request fills it.
#pragma once

#include <cstdint>

#include "kv/kv_store.h"
#include "request/block_keys.h"

namespace blis::kv {

/// Key of a full block that holds the tokens of `client` just before position `end` of input
/// followed by output, and that follows a block with the key `previous` (nullptr: none, or one
/// without a key).
///
/// Nearly always this is the request's own key at that place. It is not when the request does not
/// hold what comes before: a fully cached prompt is not claimed, so that the output starts a chain
/// of its own [BUG of the reference, W2]; a queued request may hold a shorter or longer prefix than
/// it is scheduled behind [W3]; a claimed block may hold foreign content [W5]. COST O(1): one
/// comparison, and two hashes of a key in the unusual cases. SOURCE spec kv-cache 2, 3.4.
request::BlockKey key_of_block(const KvClient& client, const request::BlockKey* previous,
                               std::int64_t end);

/// Key of block `index` of the input behind `previous`.
inline request::BlockKey input_key_behind(const KvClient& client, const request::BlockKey* previous,
                                          std::int64_t index) {
  return key_of_block(client, previous, (index + 1) * client.keys->block_size);
}

}  // namespace blis::kv
