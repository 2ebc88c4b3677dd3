// A key that can or can no longer be found on the GPU: what a server tells those who follow its
// cache.
#pragma once

#include "request/block_keys.h"

namespace blis::kv {

struct IndexChange {
  request::BlockKey key;
  bool is_findable = false;  ///< from now on

  friend bool operator==(const IndexChange&, const IndexChange&) = default;
};

}  // namespace blis::kv
