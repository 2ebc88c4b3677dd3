#include "engine/fast_stepper.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace blis::engine {

using request::Request;

void FastStepper::step(Micros now) {
  if (s_.running_is_absent && s_.waiting.empty()) {
    // An orphan: time-outs emptied the batch after this step had been scheduled.
    s_.pending_step.reset();
    return;
  }
  ++s_.metrics.steps;
  if (has_lower_tiers_) s_.kv->set_clock(now);
  s_.waiting.reorder(now);
  s_.load_adapter_of_head(now);
  formation_.begin();
  if (is_regular()) {
    regular_step(now);
  } else {
    irregular_step(now);
  }
}

// --------------------------------------------------------------------------------------------------
// regular steps

void FastStepper::regular_step(Micros now) {
  serve_regularly();
  admit(now);
  s_.metrics.wait_queue_sample_sum += static_cast<std::int64_t>(s_.waiting.size());

  const Micros duration = regular_duration();
  const Micros token_latency = duration + s_.output_token_time;
  const std::int64_t decodes = batch_.batch().decode_requests;
  if (decodes > 0) log_.append(token_latency.count(), decodes);
  endings_.clear();
  book_prefills(now, token_latency);
  book_admitted(now, token_latency);
  s_.sample_kv_usage(duration);
  if (has_lower_tiers_) mirror_changes();
  end_requests(now, duration);
  s_.schedule_next_step(now + duration);
}

bool FastStepper::is_regular() {
  if (has_lower_tiers_ && somebody_holds_too_little()) return false;
  const std::int64_t decoders = static_cast<std::int64_t>(decoders_.size());
  std::int64_t wanted = decoders;
  for (const Prefill& prefill : prefills_) {
    wanted +=
        formation_.prefill_grant(s_.requests[prefill.id], std::numeric_limits<std::int64_t>::max());
  }
  const std::int64_t budget = formation_.budget_tokens();
  if (wanted > budget && (decoders > budget || !decoders_come_first())) return false;
  std::int64_t blocks = std::ssize(decoders_.filled_at(log_.end())) +
                        std::ssize(decoders_.private_filled_at(log_.end())) +
                        prefill_blocks_at_most();
  if (has_lower_tiers_) blocks += prompt_blocks_of_prefills();
  return blocks <= cache_.total_blocks() - cache_.used_blocks();
}

// A decoder that does not hold its whole prompt, because it found all of it cached [BUG of the
// reference, spec kv-cache W2], looks for the rest in the lower tiers with every token.
bool FastStepper::somebody_holds_too_little() {
  std::erase_if(light_holders_,
                [this](RequestId id) { return !decoders_.find(id) || holds_its_prompt(id); });
  return !light_holders_.empty();
}

bool FastStepper::holds_its_prompt(RequestId id) const {
  return std::ssize(cache_.held_blocks(id)) >=
         s_.requests[id].spec.input_tokens / cache_.block_size();
}

// A chunk of a prompt for which a tier had more may need room for blocks that it claims besides.
std::int64_t FastStepper::prompt_blocks_of_prefills() const {
  std::int64_t blocks = 0;
  for (const Prefill& prefill : prefills_) {
    blocks += s_.requests[prefill.id].spec.input_tokens / cache_.block_size();
  }
  return blocks;
}

// Who joined, prefilled or filled a block in this step.
void FastStepper::mirror_changes() {
  if (!s_.kv->needs_mirror()) return;
  std::ranges::sort(changed_, {}, &Prefill::order);
  mirrored_.clear();
  for (const Prefill& changed : changed_) mirrored_.push_back(s_.kv_client(changed.id));
  changed_.clear();
  if (!s_.kv->mirror_changed(mirrored_)) mirror_all();
}

void FastStepper::mirror_all() {
  if (!s_.kv->needs_mirror()) return;
  mirrored_.clear();
  for (const RequestId id : s_.running.ids()) mirrored_.push_back(s_.kv_client(id));
  s_.kv->mirror(mirrored_);
}

std::int64_t FastStepper::prefill_blocks_at_most() const {
  std::int64_t blocks = 0;
  for (const Prefill& prefill : prefills_) {
    const std::int64_t tokens =
        formation_.prefill_grant(s_.requests[prefill.id], formation_.budget_tokens());
    blocks += (tokens + cache_.block_size() - 1) / cache_.block_size();
  }
  return blocks;
}

// With a short budget the order of the batch decides who gets tokens; decoders all do if no prefill
// stands before one.
bool FastStepper::decoders_come_first() const {
  if (decoders_.size() == 0 || prefills_.empty()) return true;
  for (std::size_t i = 0; i < prefills_.size(); ++i) {
    if (s_.running[s_.running.size() - prefills_.size() + i] != prefills_[i].id) return false;
  }
  return true;
}

// Phase A. Where only private blocks are opened, their number says it all.
void FastStepper::serve_regularly() {
  formation_.spend_tokens(static_cast<std::int64_t>(decoders_.size()));
  const std::int64_t index = log_.end();
  if (prefills_.empty() && decoders_.filled_at(index).empty() &&
      decoders_.filled_at(index + 1).empty()) {
    cache_.open_private_blocks(std::ssize(decoders_.private_filled_at(index)));
  } else {
    serve_in_order();
  }
}

// KV blocks are opened and filled in batch order, which decides what is evicted from the cache.
void FastStepper::serve_in_order() {
  const std::int64_t index = log_.end();
  const std::span<const std::uint32_t> opens = decoders_.filled_at(index);
  const std::span<const std::uint32_t> private_opens = decoders_.private_filled_at(index);
  std::span<const std::uint32_t> fills = decoders_.filled_at(index + 1);
  // A block of one token is full when it opens, and then has no key (spec kv-cache 3.4 note 5).
  if (cache_.block_size() == 1) fills = {};

  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  const auto order_at = [&](std::span<const std::uint32_t> slots, std::size_t i) {
    return i < slots.size() ? decoders_[slots[i]].order : kNone;
  };
  std::size_t open = 0;
  std::size_t private_open = 0;
  std::size_t fill = 0;
  std::size_t prefill = 0;
  for (;;) {
    const std::uint64_t open_order = order_at(opens, open);
    const std::uint64_t private_order = order_at(private_opens, private_open);
    const std::uint64_t fill_order = order_at(fills, fill);
    const std::uint64_t prefill_order =
        prefill < prefills_.size() ? prefills_[prefill].order : kNone;
    const std::uint64_t next = std::min({open_order, private_order, fill_order, prefill_order});
    if (next == kNone) break;
    if (next == open_order) {
      open_block(decoders_[opens[open++]]);
    } else if (next == private_order) {
      cache_.open_private_blocks(1);
      ++private_open;
    } else if (next == fill_order) {
      Decoder& decoder = decoders_[fills[fill++]];
      fill_block(decoder);
      note_change(decoder.id, decoder.order);
    } else {
      const RequestId id = prefills_[prefill].id;
      Request& r = s_.requests[id];
      r.step_tokens = 0;
      const std::uint64_t order = prefills_[prefill++].order;
      // Who gets nothing does not look into the lower tiers either.
      if (formation_.budget_tokens() <= 0) continue;
      note_change(id, order);
      r.step_tokens =
          std::max<std::int64_t>(formation_.prefill_grant(r, formation_.budget_tokens()), 0);
      formation_.spend_tokens(r.step_tokens);
      r.computed_tokens += r.step_tokens;
      const bool has_room =
          s_.kv->allocate(s_.kv_client(id), r.progress, r.progress + r.step_tokens, {});
      BLIS_CHECK(has_room, "engine: a regular step found no room for a prefill chunk");
    }
  }
}

// The next token of this decoder does not fit into its last block, which the cache knows to be
// full.
void FastStepper::open_block(Decoder& decoder) {
  kv::KvClient client = s_.kv_client(decoder.id);
  client.progress = decoder.synced_progress;
  const bool has_room = cache_.allocate(client, client.progress, client.progress + 1, {});
  BLIS_CHECK(has_room, "engine: a regular step found no room for a decode block");
  decoder.synced_progress += 1;
  decoder.synced_at += 1;
}

// The next token of this decoder is the last that fits into its last block.
void FastStepper::fill_block(Decoder& decoder) {
  kv::KvClient client = s_.kv_client(decoder.id);
  client.progress = decoder.synced_progress;
  const std::int64_t tokens = log_.end() + 1 - decoder.synced_at;
  cache_.append_decode_tokens(client, tokens);
  decoder.synced_progress += tokens;
  decoder.synced_at += tokens;
}

void FastStepper::admit(Micros now) {
  if (has_lower_tiers_) {
    // Each attempt counts there, and may bring something back.
    formation_.admit_waiting(now);
    return;
  }
  if (s_.waiting.empty() || head_is_still_blocked()) return;
  formation_.admit_waiting(now);
  note_blockage();
}

bool FastStepper::head_is_still_blocked() const {
  if (!blockage_.is_known || blockage_.queue_version != s_.waiting.version() ||
      blockage_.releases != releases_ || blockage_.key_losses != cache_.pool().key_losses() ||
      formation_.budget_tokens() < blockage_.grant_tokens) {
    return false;
  }
  const std::span<const request::BlockKey> keys = s_.kv_client(blockage_.head).input_keys();
  return blockage_.cached_blocks == keys.size() ||
         !cache_.pool().contains(keys[blockage_.cached_blocks]);
}

// A head that found no room needs more free blocks, a longer cached prefix, or a smaller grant.
// Blocks only become free when requests leave. What it could claim only changes when its next key
// is published, or when a key is lost, after which a later publication of the same key could find a
// block in use, which is cheaper to claim than a free one.
void FastStepper::note_blockage() {
  blockage_.is_known = false;
  const bool stopped_for_room =
      !s_.waiting.empty() && formation_.budget_tokens() > 0 &&
      static_cast<std::int64_t>(s_.running.size()) < s_.config.max_num_seqs;
  if (!stopped_for_room) return;
  const RequestId head = s_.waiting[0];
  const Request& r = s_.requests[head];
  // One that waits for its adapter is looked at again in every step, which costs next to nothing.
  if (r.is_decode_sub_request || s_.lacks_adapter(r)) return;
  s_.kv->match(s_.kv_client(head).input_keys(), cached_);
  const std::int64_t rest =
      r.spec.input_tokens - static_cast<std::int64_t>(cached_.size()) * cache_.block_size();
  blockage_ = {.is_known = true,
               .head = head,
               .queue_version = s_.waiting.version(),
               .releases = releases_,
               .key_losses = cache_.pool().key_losses(),
               .cached_blocks = cached_.size(),
               .grant_tokens = std::min(rest, formation_.budget_tokens())};
}

Micros FastStepper::regular_duration() {
  batch_.clear();
  const std::int64_t log_end = log_.end();
  // The new token of this step is not part of the context it was computed from.
  batch_.add_decodes(static_cast<std::int64_t>(decoders_.size()),
                     decoders_.context_tokens(log_end));
  if (s_.latency.needs_decode_contexts()) {
    for (const std::uint32_t slot : decoders_.by_order()) {
      batch_.add_decode_context(decoders_[slot].progress(log_end));
    }
  }
  for (const Prefill& prefill : prefills_) {
    const Request& r = s_.requests[prefill.id];
    if (r.step_tokens > 0) batch_.add_prefill(r);
  }
  for (const RequestId id : formation_.newly_admitted()) {
    const Request& r = s_.requests[id];
    if (r.step_tokens <= 0) continue;
    if (r.progress < r.spec.input_tokens) {
      batch_.add_prefill(r);
    } else {
      batch_.add_decodes(1, r.progress);
      batch_.add_decode_context(r.progress);
    }
  }
  return s_.step_duration(batch_.batch(), granted_adapters());
}

std::span<const Symbol> FastStepper::granted_adapters() {
  adapters_.clear();
  if (!s_.adapters) return adapters_;
  decoders_.append_adapters(adapters_);
  const auto append = [this](RequestId id) {
    const Request& r = s_.requests[id];
    if (r.step_tokens > 0) adapters_.push_back(r.spec.adapter);
  };
  for (const Prefill& prefill : prefills_) append(prefill.id);
  for (const RequestId id : formation_.newly_admitted()) append(id);
  return adapters_;
}

// -------------------------------------------------------------------------------------------
// booking of new tokens

void FastStepper::book_prefills(Micros now, Micros token_latency) {
  if (prefills_.empty()) return;
  finished_prefills_.clear();
  std::erase_if(prefills_, [&](const Prefill& prefill) {
    Request& r = s_.requests[prefill.id];
    r.progress = r.computed_tokens;
    if (r.progress < r.spec.input_tokens) return false;
    finished_prefills_.push_back(prefill);
    return true;
  });
  for (const Prefill& prefill : finished_prefills_) {
    Request& r = s_.requests[prefill.id];
    if (!r.ttft_set) emit_first_token(s_, r, now, token_latency);
    join_or_end(prefill.id, prefill.order, log_.end());
  }
}

void FastStepper::book_admitted(Micros now, Micros token_latency) {
  for (const RequestId id : formation_.newly_admitted()) {
    const std::uint64_t order = next_order_++;
    note_change(id, order);
    Request& r = s_.requests[id];
    std::int64_t itl_from = log_.end();
    if (r.progress < r.spec.input_tokens) {
      r.progress = r.computed_tokens;
    } else if (r.step_tokens > 0) {
      r.progress +=
          1;  // the decode half of a disaggregated request decodes as soon as it is admitted
      itl_from -= 1;
    }
    if (r.progress == r.spec.input_tokens && !r.ttft_set)
      emit_first_token(s_, r, now, token_latency);
    if (r.progress < r.spec.input_tokens) {
      prefills_.push_back({id, order});
    } else {
      join_or_end(id, order, itl_from);
    }
  }
}

void FastStepper::join_or_end(RequestId id, std::uint64_t order, std::int64_t itl_from) {
  Request& r = s_.requests[id];
  const CompletionKind kind = completion_kind(r, s_.config.max_model_len_tokens);
  if (kind == CompletionKind::kNotYet) {
    join(id, order, itl_from);
    return;
  }
  r.measured.itl_count = log_.end() - itl_from;
  r.measured.itl_sum = Micros(log_.sum(itl_from, log_.end()));
  if (r.measured.itl_count > 0) r.measured.itl_first = Micros(log_.sum(itl_from, itl_from + 1));
  endings_.push_back({order, id, kind});
}

void FastStepper::join(RequestId id, std::uint64_t order, std::int64_t itl_from) {
  const Request& r = s_.requests[id];
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  std::int64_t last_progress = r.spec.input_tokens + r.spec.output_tokens - 1;
  if (max_len > 0) last_progress = std::min(last_progress, max_len - 1);
  const std::int64_t log_end = log_.end();
  decoders_.add({.id = id,
                 .order = order,
                 .synced_progress = r.progress,
                 .synced_at = log_end,
                 .ends_at = log_end + last_progress - r.progress,
                 .itl_from = itl_from,
                 .adapter = r.spec.adapter,
                 .opens_private = r.spec.keys->rest_is_private},
                log_end + cache_.tokens_until_block_boundary(id));
  if (has_lower_tiers_ && !holds_its_prompt(id)) light_holders_.push_back(id);
}

void FastStepper::end_requests(Micros now, Micros duration) {
  ended_.clear();
  decoders_.pop_ended(log_.end(), ended_);
  for (const std::uint32_t slot : ended_) {
    Decoder& decoder = decoders_[slot];
    sync(decoder);
    export_latencies(decoder);
    const Request& r = s_.requests[decoder.id];
    endings_.push_back(
        {decoder.order, decoder.id, completion_kind(r, s_.config.max_model_len_tokens)});
    decoders_.remove(slot);
  }
  if (endings_.empty()) return;
  std::ranges::sort(endings_, {}, &Ending::order);
  for (const Ending& ending : endings_) complete(s_, ending.id, ending.kind, now, duration);
  for (const Ending& ending : endings_) s_.running.remove(ending.id);
  ++releases_;
  trim_log();
}

// -------------------------------------------------------------------------------------------------
// irregular steps

void FastStepper::irregular_step(Micros now) {
  // Everybody's own fields become true again.
  std::vector<Decoder> before;
  for (const std::uint32_t slot : decoders_.by_order()) {
    sync(decoders_[slot]);
    before.push_back(decoders_[slot]);
  }
  for (const Decoder& decoder : before) decoders_.remove(*decoders_.find(decoder.id));
  light_holders_.clear();

  formation_.serve_running();
  for (const RequestId id : formation_.preempted()) {
    std::erase_if(prefills_, [&](const Prefill& prefill) { return prefill.id == id; });
    const auto evicted = std::ranges::find(before, id, &Decoder::id);
    if (evicted == before.end()) continue;
    discard_latencies(*evicted);
    before.erase(evicted);
  }
  if (!formation_.preempted().empty()) ++releases_;
  blockage_.is_known = false;
  formation_.admit_waiting(now);
  s_.metrics.wait_queue_sample_sum += static_cast<std::int64_t>(s_.waiting.size());

  const latency::StepBatch& batch = batch_.build(s_);
  const Micros duration = s_.step_duration(batch, s_.granted_adapters());
  const Micros token_latency = duration + s_.output_token_time;
  if (batch.decode_requests > 0) log_.append(token_latency.count(), batch.decode_requests);

  endings_.clear();
  book_prefills(now, token_latency);
  const bool somebody_decoded = batch.decode_requests > 0;
  for (Decoder& decoder : before) {
    Request& r = s_.requests[decoder.id];
    if (r.step_tokens > 0) {
      r.progress += 1;
    } else if (somebody_decoded) {
      // Passed over: the step's latency is not among its own [QUIRK, spec engine W6].
      const std::int64_t passed_over = log_.end() - 1;
      if (decoder.itl_from < passed_over) {
        decoder.closed_ranges.emplace_back(decoder.itl_from, passed_over);
        decoder.itl_closed_sum += log_.sum(decoder.itl_from, passed_over);
      }
      decoder.itl_from = passed_over + 1;
    }
    const CompletionKind kind = completion_kind(r, s_.config.max_model_len_tokens);
    if (kind == CompletionKind::kNotYet) {
      rejoin(std::move(decoder));
    } else {
      export_latencies(decoder);
      endings_.push_back({decoder.order, decoder.id, kind});
    }
  }
  book_admitted(now, token_latency);
  s_.sample_kv_usage(duration);
  if (has_lower_tiers_) mirror_all();
  changed_.clear();
  end_requests(now, duration);
  s_.schedule_next_step(now + duration);
}

void FastStepper::rejoin(Decoder decoder) {
  const Request& r = s_.requests[decoder.id];
  const std::int64_t log_end = log_.end();
  decoder.ends_at =
      log_end + (decoder.ends_at - decoder.synced_at) - (r.progress - decoder.synced_progress);
  decoder.synced_progress = r.progress;
  decoder.synced_at = log_end;
  const std::int64_t fills_at = log_end + cache_.tokens_until_block_boundary(decoder.id);
  if (has_lower_tiers_ && !holds_its_prompt(decoder.id)) light_holders_.push_back(decoder.id);
  decoders_.add(std::move(decoder), fills_at);
}

// -------------------------------------------------------------------------------------------
// leaving between steps

void FastStepper::forget(RequestId id) {
  ++releases_;
  std::erase_if(prefills_, [&](const Prefill& prefill) { return prefill.id == id; });
  const std::optional<std::uint32_t> slot = decoders_.find(id);
  if (!slot) return;
  Decoder& decoder = decoders_[*slot];
  sync(decoder);
  export_latencies(decoder);
  discard_latencies(decoder);
  decoders_.remove(*slot);
}

void FastStepper::finish() {
  for (const std::uint32_t slot : decoders_.by_order()) {
    Decoder& decoder = decoders_[slot];
    sync(decoder);
    export_latencies(decoder);
    discard_latencies(decoder);
  }
}

TokenProgress FastStepper::token_progress(const Request& r, RequestId id) const {
  const std::optional<std::uint32_t> slot = decoders_.find(id);
  if (!slot) return Stepper::token_progress(r, id);
  const Decoder& decoder = decoders_[*slot];
  return engine::token_progress(
      r, decoder.progress(log_.end()),
      Micros(decoder.itl_closed_sum + log_.sum(decoder.itl_from, log_.end())));
}

// ------------------------------------------------------------------------------------------------------
// book-keeping

void FastStepper::sync(Decoder& decoder) {
  Request& r = s_.requests[decoder.id];
  const std::int64_t tokens = log_.end() - decoder.synced_at;
  kv::KvClient client = s_.kv_client(decoder.id);
  client.progress = decoder.synced_progress;
  if (decoder.opens_private) {
    cache_.settle_private_tokens(client, tokens);
  } else {
    cache_.append_decode_tokens(client, tokens);
  }
  decoder.synced_progress += tokens;
  decoder.synced_at += tokens;
  r.progress = decoder.synced_progress;
  r.computed_tokens = decoder.synced_progress;
}

void FastStepper::export_latencies(const Decoder& decoder) {
  request::Measurements& m = s_.requests[decoder.id].measured;
  m.itl_count = log_.end() - decoder.itl_from;
  for (const auto& [from, to] : decoder.closed_ranges) m.itl_count += to - from;
  m.itl_sum = Micros(decoder.itl_closed_sum + log_.sum(decoder.itl_from, log_.end()));
  const std::int64_t first =
      decoder.closed_ranges.empty() ? decoder.itl_from : decoder.closed_ranges.front().first;
  if (m.itl_count > 0) m.itl_first = Micros(log_.sum(first, first + 1));
}

void FastStepper::discard_latencies(const Decoder& decoder) {
  log_.discard(decoder.itl_from, log_.end());
  for (const auto& [from, to] : decoder.closed_ranges) log_.discard(from, to);
}

// Entries that no running request can refer to any more are dropped, now and then.
void FastStepper::trim_log() {
  if (log_.size() < trim_size_) return;
  std::int64_t needed_from = log_.end();
  for (const std::uint32_t slot : decoders_.by_order()) {
    const Decoder& decoder = decoders_[slot];
    needed_from = std::min(needed_from, decoder.itl_from);
    for (const auto& [from, to] : decoder.closed_ranges) needed_from = std::min(needed_from, from);
  }
  log_.trim(needed_from);
  trim_size_ = std::max<std::size_t>(1 << 12, 2 * log_.size());
}

}  // namespace blis::engine
