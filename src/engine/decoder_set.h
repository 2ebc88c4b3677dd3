// The decoding requests of one instance, as long as each of them gets a token in every decode step.
//
// Then a step changes none of them one by one: progress is a difference of two step numbers, a KV
// block is touched only when a token fills it or opens the next one, and the end is known when
// decoding starts. The set keeps requests in buckets by the step at which they fill a block (modulo
// the block size, since every later block is filled block-size steps after the one before) and in a
// heap by the step at which they end. Of those whose blocks are private it only matters how many
// fill one, so they have buckets of their own. "Step" here counts entries of the StepLog.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/symbol_table.h"

namespace blis::engine {

struct Decoder {
  RequestId id;
  std::uint64_t order = 0;  ///< place in the batch; ascending
  std::int64_t synced_progress =
      0;  ///< P of the request when the log stood at `synced_at`; the cache knows as much
  std::int64_t synced_at = 0;
  std::int64_t ends_at = 0;   ///< log index at which the request completes
  std::int64_t itl_from = 0;  ///< first log entry of its current range
  std::int64_t itl_closed_sum =
      0;  ///< of ranges before it: a step that passes a request over ends a range
  Symbol adapter = SymbolTable::empty();
  bool opens_private = false;  ///< the blocks that it opens are private
  std::vector<std::pair<std::int64_t, std::int64_t>> closed_ranges = {};

  std::int64_t progress(std::int64_t log_end) const {
    return synced_progress + (log_end - synced_at);
  }
};

class DecoderSet {
 public:
  explicit DecoderSet(std::int64_t block_size)
      : block_size_(block_size),
        buckets_(static_cast<std::size_t>(block_size)),
        private_buckets_(static_cast<std::size_t>(block_size)) {}

  std::size_t size() const { return by_order_.size(); }
  /// Sum of the progress of all, when the log stands at `log_end`.
  std::int64_t context_tokens(std::int64_t log_end) const {
    return context_base_ + static_cast<std::int64_t>(size()) * log_end;
  }
  /// Appends the LoRA adapters that decoders use, each once. COST O(different adapters).
  void append_adapters(std::vector<Symbol>& adapters) const;
  /// All slots in batch order.
  std::span<const std::uint32_t> by_order() const { return by_order_; }
  Decoder& operator[](std::uint32_t slot) { return decoders_[slot]; }
  const Decoder& operator[](std::uint32_t slot) const { return decoders_[slot]; }
  std::optional<std::uint32_t> find(RequestId id) const;

  /// `fills_at`: log index that its next block boundary is reached at; equal to the current one if
  /// its last block is full.
  std::uint32_t add(Decoder decoder, std::int64_t fills_at);
  void remove(std::uint32_t slot);

  /// Decoders whose last block is full once the log stands at `index` (and every block size
  /// thereafter), in batch order.
  std::span<const std::uint32_t> filled_at(std::int64_t index) const {
    return buckets_[static_cast<std::size_t>(index % block_size_)];
  }
  /// The same for those that open private blocks; filled_at() is about all others.
  std::span<const std::uint32_t> private_filled_at(std::int64_t index) const {
    return private_buckets_[static_cast<std::size_t>(index % block_size_)];
  }
  /// Appends the slots of decoders that end when the log stands at `log_end`, in no particular
  /// order.
  void pop_ended(std::int64_t log_end, std::vector<std::uint32_t>& slots);

 private:
  struct End {
    std::int64_t at;
    std::uint64_t serial;  // of the add(), so that entries of removed decoders are recognised
    std::uint32_t slot;
  };
  static bool is_later(const End& a, const End& b) { return a.at > b.at; }
  void count_adapter(Symbol adapter, std::int64_t change);
  std::vector<std::uint32_t>& bucket_of(std::uint32_t slot);
  void insert_by_order(std::vector<std::uint32_t>& slots, std::uint32_t slot);

  std::int64_t block_size_;
  std::vector<Decoder> decoders_;       // by slot
  std::vector<std::int64_t> fills_at_;  // by slot
  std::vector<std::uint64_t> serials_;  // by slot; 0 = unused
  std::uint64_t next_serial_ = 1;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> by_order_;
  std::vector<std::vector<std::uint32_t>> buckets_;
  std::vector<std::vector<std::uint32_t>> private_buckets_;
  std::vector<End> ends_;  // heap; entries of removed decoders stay until they surface
  absl::flat_hash_map<std::uint32_t, std::uint32_t> slots_;  // by request
  std::int64_t context_base_ = 0;
  struct AdapterUse {
    Symbol adapter;
    std::int64_t decoders = 0;
  };
  std::vector<AdapterUse> adapters_;
};

}  // namespace blis::engine
