#include "engine/batch_formation.h"

#include <algorithm>

namespace blis::engine {

using request::Request;
using request::RequestState;

void BatchFormation::begin() {
  budget_tokens_ = s_.config.max_num_batched_tokens;
  newly_admitted_.clear();
  preempted_.clear();
}

std::int64_t BatchFormation::clip_prefill(std::int64_t tokens, std::int64_t start,
                                          std::int64_t available) const {
  const std::int64_t threshold = s_.config.long_prefill_token_threshold;
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  if (0 < threshold && threshold < tokens) tokens = threshold;
  tokens = std::min(tokens, available);
  if (max_len > 0) tokens = std::min(tokens, std::max<std::int64_t>(max_len - 1 - start, 0));
  return tokens;
}

std::int64_t BatchFormation::prefill_grant(const Request& r, std::int64_t available) const {
  return clip_prefill(r.spec.input_tokens - r.progress, r.progress, available);
}

// A request that cannot get room may have been its own victim; then nobody behind it is served in
// this step.
void BatchFormation::serve_running() {
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  for (const RequestId id : s_.running.ids()) s_.requests[id].step_tokens = 0;
  for (std::size_t i = 0; i < s_.running.size(); ++i) {
    if (budget_tokens_ <= 0) return;
    const RequestId id = s_.running[i];
    Request& r = s_.requests[id];
    std::int64_t tokens = 0;
    if (r.progress < r.spec.input_tokens) {
      tokens = prefill_grant(r, budget_tokens_);
    } else {
      const bool at_length_cap = max_len > 0 && r.progress + 1 > max_len - 1;
      if (r.spec.output_tokens == 0 || at_length_cap) continue;
      if (s_.speculation) {
        if (!serve_speculatively(id, i)) return;
        continue;
      }
      tokens = 1;
    }
    if (!make_room(id, r.progress, tokens, i)) return;
    budget_tokens_ -= tokens;
    r.step_tokens = tokens;
    r.computed_tokens += tokens;
  }
}

// All guesses are computed, those that come true need room.
bool BatchFormation::serve_speculatively(RequestId id, std::size_t& position) {
  Request& r = s_.requests[id];
  std::int64_t last_progress = r.spec.input_tokens + r.spec.output_tokens - 1;
  std::int64_t drafts = std::min(s_.speculation->draft_tokens(), budget_tokens_ - 1);
  if (const std::int64_t max_len = s_.config.max_model_len_tokens; max_len > 0) {
    last_progress = std::min(last_progress, max_len - 1);
    drafts = std::min(drafts, max_len - 2 - r.progress);
  }
  const std::int64_t made = s_.speculation->make_tokens(id, drafts, last_progress - r.progress);
  for (std::int64_t i = 0; i < made; ++i) {
    if (!make_room(id, r.progress + i, 1, position)) return false;
  }
  budget_tokens_ -= drafts + 1;
  r.step_tokens = drafts + 1;
  r.computed_tokens += made;
  return true;
}

// Allocates, evicting running requests until there is room. `position` is the request's index in
// the batch and follows it when requests before it are evicted. False if the request itself had to
// go.
bool BatchFormation::make_room(RequestId id, std::int64_t start, std::int64_t tokens,
                               std::size_t& position) {
  while (!s_.kv->allocate(s_.kv_client(id), start, start + tokens, {})) {
    if (s_.running.empty()) return false;
    const std::size_t victim = s_.preemption->victim(s_.running.ids(), s_.requests);
    const bool is_self = s_.running[victim] == id;
    if (victim < position) --position;
    preempt(victim);
    if (is_self) return false;
  }
  return true;
}

void BatchFormation::preempt(std::size_t victim) {
  const RequestId id = s_.running[victim];
  Request& r = s_.requests[id];
  s_.running.erase(victim);
  preempted_.push_back(id);
  ++s_.metrics.preemption_count;
  s_.steps_at_last_preemption = s_.metrics.steps;
  budget_tokens_ += r.step_tokens;
  r.step_tokens = 0;
  r.state = RequestState::kQueued;
  r.progress = 0;
  r.computed_tokens = 0;
  r.ttft_set = false;
  r.measured.itl_sum = Micros();
  r.measured.itl_count = 0;
  s_.publish_private_blocks(id);
  s_.kv->release(id);
  s_.waiting.push_front(id);
}

// The first request that finds no room blocks everybody behind it.
void BatchFormation::admit_waiting(Micros now) {
  deferred_.clear();
  if (s_.kv->supports_deferral()) s_.kv->poll_deferred(now, deferred_);
  if (!preempted_.empty()) return;
  std::size_t position = 0;
  while (static_cast<std::int64_t>(s_.running.size()) < s_.config.max_num_seqs &&
         position < s_.waiting.size() && budget_tokens_ > 0) {
    const RequestId id = s_.waiting[position];
    const Request& r = s_.requests[id];
    if (std::ranges::find(deferred_, id) != deferred_.end()) {
      ++position;
      continue;
    }
    if (s_.lacks_adapter(r)) return;
    if (r.is_decode_sub_request) {
      if (!admit_decode_sub_request(id, position, now)) return;
      continue;
    }
    const kv::KvClient client = s_.kv_client(id);
    s_.kv->match(client.input_keys(), cached_);
    s_.kv->fetch_before_admission(client, cached_);
    const std::int64_t start = static_cast<std::int64_t>(cached_.size()) * s_.kv->block_size();
    const std::int64_t tokens = clip_prefill(r.spec.input_tokens - start, start, budget_tokens_);
    if (!s_.kv->allocate(client, start, start + tokens, cached_)) {
      if (!s_.kv->supports_deferral() || !s_.kv->is_deferred(id)) return;
      ++position;
      continue;
    }
    admit(id, position, tokens, start + tokens, now);
  }
}

// A preempted decode half keeps its flag and comes back this way: one prefill token, no cache
// lookup [QUIRK, spec engine W12].
bool BatchFormation::admit_decode_sub_request(RequestId id, std::size_t position, Micros now) {
  const std::int64_t progress = s_.requests[id].progress;
  if (!s_.kv->allocate(s_.kv_client(id), progress, progress + 1, {})) return false;
  admit(id, position, 1, progress + 1, now);
  return true;
}

void BatchFormation::admit(RequestId id, std::size_t position, std::int64_t new_tokens,
                           std::int64_t computed_tokens, Micros now) {
  Request& r = s_.requests[id];
  s_.waiting.erase(position);
  s_.running.append(id);
  newly_admitted_.push_back(id);
  budget_tokens_ -= new_tokens;
  r.scheduled_step = s_.metrics.steps;
  r.state = RequestState::kRunning;
  r.step_tokens = new_tokens;
  r.computed_tokens = computed_tokens;
  r.measured.scheduling_delay =
      now - r.spec.arrival;  // overwritten when readmitted after a preemption
  r.measured.has_scheduling_delay = true;
  s_.hold_adapter(r);
}

}  // namespace blis::engine
