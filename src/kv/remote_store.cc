#include "kv/remote_store.h"

#include "base/check.h"

namespace blis::kv {

bool RemoteStore::start_write(const request::BlockKey& key, std::int32_t writer) {
  const auto [entry, is_new] = entries_.try_emplace(key);
  if (!is_new) {
    ++use_.spared_writes;
    return false;
  }
  entry->second.writer = writer;
  return true;
}

void RemoteStore::finish_write(const request::BlockKey& key) {
  ++use_.written_blocks;
  if (capacity_ > 0 && std::ssize(recency_) >= capacity_) {
    entries_.erase(recency_.front());
    recency_.pop_front();
    ++use_.evicted_blocks;
  }
  Entry& entry = entries_.at(key);
  entry.is_stored = true;
  entry.place = recency_.insert(recency_.end(), key);
}

void RemoteStore::read(const request::BlockKey& key, std::int32_t reader) {
  const auto found = entries_.find(key);
  BLIS_CHECK(found != entries_.end() && found->second.is_stored,
             "a block is read from {} that is not there", use_.name);
  recency_.splice(recency_.end(), recency_, found->second.place);
  ++use_.read_blocks;
  if (found->second.writer != reader) ++use_.foreign_read_blocks;
}

}  // namespace blis::kv
