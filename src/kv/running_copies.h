// The copies in the CPU tier of what running requests hold: made after every step, and touched
// after every step, so that the least recently used copy is one that nobody runs with.
//
// Literally, a step touches every full block of every running request, in the order of the batch.
// All of these touches but the last ones are invisible: the next step's supersede them. So as long
// as the tier need not evict what running requests hold, their copies are held (cpu_tier.h) instead
// of touched, and a step costs what is new in it: blocks that were filled or claimed, and requests
// that left. Copies of a request that left take the place that the last step's touches would have
// given them. When room runs short, the list is put into its literal order, and steps are literal
// for a while.
//
//   strictly old  |  of requests that left since the last step, by (order in the batch, block)  |
//   recent: became idle or was reloaded since the last step    -> literal order of idle copies,
//   where held ones stand among the middle part. The middle part is linked in when the next step
//   begins.
//
// SOURCE spec kv-cache 5.4, 6.7 (what a step does), 14 P3 (that it need not cost so much).
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kv/cpu_tier.h"
#include "kv/kv_store.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {

class RunningCopies {
 public:
  /// Takes a copy of a block that the CPU tier lacks; kNone if it could not.
  using Store = absl::FunctionRef<CpuTier::Slot(const request::BlockKey&)>;

  /// `gpu` and `cpu` outlive this. `prompt_only`: blocks behind the prompt are not copied.
  RunningCopies(const SingleTierCache& gpu, CpuTier& cpu, bool prompt_only)
      : gpu_(gpu), cpu_(cpu), prompt_only_(prompt_only) {}
  RunningCopies(const RunningCopies&) = delete;
  RunningCopies& operator=(const RunningCopies&) = delete;

  /// A step with this batch, in its order. COST O(batch), or O(blocks of the batch) where room is
  /// short.
  void mirror(std::span<const KvClient> batch, Store store);
  /// The same for a batch of which only `changed` have joined or hold more full blocks than after
  /// the last step. Returns false, having done nothing, where it needs the whole batch.
  /// COST O(new blocks).
  [[nodiscard]] bool mirror_changed(std::span<const KvClient> changed, Store store);
  /// `block` has the content of `copy` now: spares the next steps a lookup.
  void note(BlockId block, CpuTier::Slot copy) {
    if (block.index() >= copy_of_.size()) copy_of_.resize(block.index() + 1, CpuTier::kNone);
    copy_of_[block.index()] = copy;
  }
  /// The request is about to give back what it holds. COST O(its blocks).
  void leave(RequestId request);
  /// Makes sure that so many new copies find room as they literally would.
  void reserve(std::int64_t copies) {
    if (is_holding_ && copies > cpu_.room_in_old()) settle();
  }

 private:
  struct Runner {
    std::uint64_t order = 0;   ///< ascending along the batch
    std::size_t mirrored = 0;  ///< leading blocks that were copied, or never will be
    std::vector<CpuTier::Slot> copies;
  };

  std::size_t limit(const KvClient& client) const;
  CpuTier::Slot slot_of(BlockId block, const request::BlockKey& key);
  void mirror_literally(std::span<const KvClient> batch, Store store);
  void mirror_new_blocks(const KvClient& client, Store store);
  bool has_all_copies(std::span<const KvClient> batch) const;
  void start_holding(std::span<const KvClient> batch);
  void postpone_holding();
  void list_left();
  void forget_left();
  void settle();

  const SingleTierCache& gpu_;
  CpuTier& cpu_;
  bool prompt_only_;

  bool is_holding_ = false;
  std::uint64_t next_order_ = 0;
  absl::flat_hash_map<std::uint32_t, Runner> runners_;  ///< the batch of the last step
  std::vector<Runner> left_;                            ///< since the last step
  std::vector<KvClient> changed_;                       ///< scratch
  std::vector<std::vector<CpuTier::Slot>>
      unused_lists_;  ///< of requests that left, with their memory
  /// By block of the GPU: where its copy was when somebody looked last. May be out of date.
  std::vector<CpuTier::Slot> copy_of_;

  // Literal steps to come before holding is tried again; more after each attempt that was short.
  std::int64_t literal_steps_left_ = 0;
  std::int64_t literal_steps_next_ = 1;
  std::int64_t steps_held_ = 0;
};

}  // namespace blis::kv
