// Steps at the cost of what happens in them: a step in which everybody just decodes costs a
// constant, and a little for every KV block that is filled or opened.
//
// A regular step is one in which every decoding request gets its token and every KV block that is
// needed is free; then decoders need no attention (decoder_set.h, step_log.h), and only prefills,
// admissions, block boundaries and ends are looked at; the boundaries of private blocks are merely
// counted. Every other step (budget exhausted,
// preemption) is an irregular one: the requests' own fields are brought up to date, the step is
// executed request by request, and the sets are built again. Results are those of PlainStepper, bit
// for bit. SOURCE spec engine 6, 21.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/batch_formation.h"
#include "engine/completion.h"
#include "engine/decoder_set.h"
#include "engine/instance_state.h"
#include "engine/step_batch_builder.h"
#include "engine/step_log.h"
#include "engine/stepper.h"
#include "kv/single_tier_cache.h"

namespace blis::engine {

class FastStepper final : public Stepper {
 public:
  /// `gpu_tier` is that of the cache of `state`.
  FastStepper(InstanceState& state, kv::SingleTierCache& gpu_tier)
      : s_(state),
        cache_(gpu_tier),
        has_lower_tiers_(state.kv.get() != &gpu_tier),
        formation_(state),
        decoders_(gpu_tier.block_size()),
        log_(state.metrics.itl) {}

  /// COST  O(prefills + admissions + ends + boundaries of named blocks), where a prompt is
  /// prefilled in several steps also of private ones; in an irregular step O(batch).
  void step(Micros now) override;
  void forget(RequestId request) override;
  void finish() override;
  TokenProgress token_progress(const request::Request& r, RequestId id) const override;

 private:
  struct Prefill {
    RequestId id;
    std::uint64_t order = 0;
  };
  struct Ending {
    std::uint64_t order = 0;
    RequestId id;
    CompletionKind kind = CompletionKind::kNotYet;
  };
  /// Why the head of the wait queue was not admitted: it will not be before one of these changes.
  struct Blockage {
    bool is_known = false;
    RequestId head;
    std::uint64_t queue_version = 0;
    std::uint64_t releases = 0;
    std::uint64_t key_losses = 0;
    std::size_t cached_blocks = 0;
    std::int64_t grant_tokens = 0;
  };

  void regular_step(Micros now);
  void irregular_step(Micros now);

  bool is_regular();
  bool somebody_holds_too_little();
  std::int64_t prompt_blocks_of_prefills() const;
  bool holds_its_prompt(RequestId id) const;
  void note_change(RequestId id, std::uint64_t order) {
    if (has_lower_tiers_) changed_.push_back({id, order});
  }
  void mirror_changes();
  void mirror_all();
  std::int64_t prefill_blocks_at_most() const;
  bool decoders_come_first() const;
  void serve_regularly();
  void serve_in_order();
  void open_block(Decoder& decoder);
  void fill_block(Decoder& decoder);
  void admit(Micros now);
  bool head_is_still_blocked() const;
  void note_blockage();
  Micros regular_duration();
  std::span<const Symbol> granted_adapters();

  void book_prefills(Micros now, Micros token_latency);
  void book_admitted(Micros now, Micros token_latency);
  void join_or_end(RequestId id, std::uint64_t order, std::int64_t itl_from);
  void join(RequestId id, std::uint64_t order, std::int64_t itl_from);
  void rejoin(Decoder decoder);
  void end_requests(Micros now, Micros duration);

  void sync(Decoder& decoder);
  void export_latencies(const Decoder& decoder);
  void discard_latencies(const Decoder& decoder);
  void trim_log();

  InstanceState& s_;
  kv::SingleTierCache& cache_;  // the GPU's
  bool has_lower_tiers_;
  BatchFormation formation_;
  StepBatchBuilder batch_;
  DecoderSet decoders_;
  StepLog log_;
  std::vector<Prefill> prefills_;  // running requests whose prompt is not processed, in batch order
  std::uint64_t next_order_ = 0;
  std::uint64_t releases_ = 0;  // times at which running requests gave blocks back
  Blockage blockage_;
  std::size_t trim_size_ = 1 << 12;  // log size at which trimming is tried next

  // Scratch of one step.
  std::vector<Prefill> finished_prefills_;
  std::vector<std::uint32_t> ended_;
  std::vector<Ending> endings_;
  std::vector<BlockId> cached_;
  std::vector<Symbol> adapters_;

  // Only with lower tiers: decoders that hold less than their prompt, and what a step has to copy.
  std::vector<RequestId> light_holders_;
  std::vector<Prefill> changed_;
  std::vector<kv::KvClient> mirrored_;
};

}  // namespace blis::engine
