#include "kv/offload_cache.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kv/admission_fetch.h"
#include "kv/reload.h"

namespace blis::kv {
namespace {

/// A request that waited longer than this recomputes.
constexpr Micros kLongestWait(1'000'000'000);

}  // namespace

OffloadCache::OffloadCache(const KvConfig& config, const RequestOrder& before,
                           StorageNetwork* shared)
    : gpu_(config.total_blocks, config.block_size),
      tiers_(config.offload.value(), config.run_seed, shared),
      copies_(gpu_, tiers_.cpu(), config.offload->offload_prompt_only),
      walk_(gpu_, tiers_.cpu()),
      saves_prefill_(config.tier_hits_save_prefill),
      deferrals_(before) {}

bool OffloadCache::allocate(const KvClient& client, std::int64_t start, std::int64_t end,
                            std::span<const BlockId> cached) {
  walk_.begin(client, cached);
  const bool may_wait =
      tiers_.has_storage() && !client.is_decode_sub_request && gpu_.held_blocks(client.id).empty();
  if (!may_wait) return allocate_through_cpu(client, start, end, cached);

  const auto found = deferrals_.find(client.id);
  if (found != deferrals_.end()) {
    if (found->second.is_waiting()) return false;
    const bool ok = allocate_through_cpu(client, start, end, cached);
    if (ok) deferrals_.erase(found);
    return ok;
  }
  if (std::optional<Wanted> wanted = find_wanted()) {
    defer(client.id, *std::move(wanted));
    return false;
  }
  return allocate_through_cpu(client, start, end, cached);
}

bool OffloadCache::allocate_through_cpu(const KvClient& client, std::int64_t start,
                                        std::int64_t end, std::span<const BlockId> cached) {
  if (!saves_prefill_ && reload_prefix(cached)) {
    return allocate_after_reload(gpu_, walk_, client, start, end, cached, matched_);
  }
  const bool ok = gpu_.allocate(client, start, end, cached);
  if (!ok) ++failed_attempts_;
  return ok;
}

/// A request that waits for storage, or is about to, gets nothing yet: it would lose it again.
void OffloadCache::fetch_before_admission(const KvClient& client, std::vector<BlockId>& cached) {
  if (!saves_prefill_ || !gpu_.held_blocks(client.id).empty() || is_deferred(client.id)) return;
  walk_.begin(client, cached);
  if (!deferrals_.contains(client.id) && find_wanted()) return;
  keep_from_victims(gpu_, cached);
  reload_prefix(cached);
  match_all_but_last_token(gpu_, client, cached);
}

/// Reloads what the CPU tier has of the rest of the prompt. At the first block that it lacks, a
/// read from storage is started for whoever comes next. Returns whether anything was reloaded.
bool OffloadCache::reload_prefix(std::span<const BlockId> cached) {
  // No more than the blocks that were free at entry, so that none of the reloaded ones becomes a
  // victim.
  const std::int64_t quota =
      gpu_.pool().free_blocks() - (saves_prefill_ ? count_free(gpu_, cached) : 0);
  std::int64_t reloaded = 0;
  for (std::size_t i = 0; const PrefixWalk::Place* place = walk_.at(i); ++i) {
    if (!place->gpu.is_none()) continue;
    const CpuLookup state = tiers_.cpu().state_of(place->copy);
    if (state == CpuLookup::kMiss) {
      if (const std::optional<StorageRun> run = gather_run(i)) promote(*run);
    }
    if (state != CpuLookup::kHit || reloaded >= quota) break;
    const CpuTier::Slot copy = place->copy;
    const BlockId block = reload_block(gpu_, place->key);
    walk_.reloaded(i, block);
    copies_.note(block, copy);
    tiers_.cpu().touch(copy);
    ++reloaded_;
    ++reloaded;
  }
  return reloaded > 0;
}

/// The first block of the rest of the prompt that is neither on the GPU nor readable in the CPU
/// tier, if a read brings it.
std::optional<OffloadCache::Wanted> OffloadCache::find_wanted() {
  for (std::size_t i = 0; const PrefixWalk::Place* place = walk_.at(i); ++i) {
    if (!place->gpu.is_none()) continue;
    switch (tiers_.cpu().state_of(place->copy)) {
      case CpuLookup::kHit:
        break;
      case CpuLookup::kPending:
        return Wanted{.is_being_read = true, .run = {.tier = 0, .keys = {place->key}}};
      case CpuLookup::kMiss: {
        std::optional<StorageRun> run = gather_run(i);
        if (!run) return std::nullopt;
        return Wanted{.is_being_read = false, .run = *std::move(run)};
      }
    }
  }
  return std::nullopt;
}

/// The run that starts at block `first` of the walk: blocks that only storage has, all from the
/// tier that has the first of them.
std::optional<StorageRun> OffloadCache::gather_run(std::size_t first) {
  std::optional<StorageRun> run;
  if (!tiers_.has_storage()) return run;
  for (std::size_t i = first; const PrefixWalk::Place* place = walk_.at(i); ++i) {
    if (!place->gpu.is_none() || place->copy != CpuTier::kNone) break;
    const std::optional<std::int32_t> tier = tiers_.storage_tier_of(place->key);
    if (!tier || (run && run->tier != *tier)) break;
    if (!run) run = StorageRun{.tier = *tier, .keys = {}};
    run->keys.push_back(place->key);
  }
  return run;
}

void OffloadCache::defer(RequestId request, Wanted wanted) {
  ++deferrals_started_;
  Deferral deferral{
      .phase = Phase::kPromoting, .run = std::move(wanted.run), .started = tiers_.clock()};
  if (!wanted.is_being_read) {
    const bool is_warm = std::ranges::all_of(
        deferral.run.keys, [this](const request::BlockKey& key) { return known_.contains(key); });
    if (is_warm) {
      promote_or_recompute(deferral);
    } else {
      deferral.phase = Phase::kRetry;
    }
  }
  deferrals_.insert_or_assign(request, std::move(deferral));
}

void OffloadCache::promote_or_recompute(Deferral& deferral) {
  deferral.phase = promote(deferral.run) ? Phase::kPromoting : Phase::kRecompute;
}

void OffloadCache::poll_deferred(Micros now, std::vector<RequestId>& deferred) {
  tiers_.set_clock(now);
  for (auto& [request, deferral] : deferrals_) {
    if (deferral.is_waiting()) advance(deferral, now);
    if (deferral.is_waiting()) deferred.push_back(request);
  }
}

void OffloadCache::advance(Deferral& deferral, Micros now) {
  const CpuLookup state = await(deferral.run.keys);
  if (deferral.phase == Phase::kRetry) {
    known_.insert(deferral.run.keys.begin(), deferral.run.keys.end());
    switch (state) {
      case CpuLookup::kHit:
        deferral.phase = Phase::kResolved;
        break;
      case CpuLookup::kPending:
        deferral.phase = Phase::kPromoting;
        break;
      case CpuLookup::kMiss:
        promote_or_recompute(deferral);
        break;
    }
  } else if (state != CpuLookup::kPending) {
    deferral.phase = state == CpuLookup::kHit ? Phase::kResolved : Phase::kRecompute;
  }
  if (deferral.is_waiting() && now - deferral.started > kLongestWait) {
    deferral.phase = Phase::kRecompute;
  }
}

/// Of a set of keys: a miss if one is absent, else pending if one is pending, else a hit.
CpuLookup OffloadCache::await(std::span<const request::BlockKey> keys) const {
  CpuLookup worst = CpuLookup::kHit;
  for (const request::BlockKey& key : keys) worst = std::min(worst, tiers_.cpu().lookup(key));
  return worst;
}

bool OffloadCache::is_deferred(RequestId request) const {
  const auto found = deferrals_.find(request);
  return found != deferrals_.end() && found->second.is_waiting();
}

bool OffloadCache::awaits_transfers() const {
  return tiers_.awaits_transfers() ||
         std::ranges::any_of(deferrals_, [](const auto& d) { return d.second.is_waiting(); });
}

CpuTier::Slot OffloadCache::store(const request::BlockKey& key) {
  const CpuTier::Slot slot = tiers_.store(key);
  if (slot == CpuTier::kNone) ++skipped_mirrors_;
  return slot;
}

/// Starts a read; false if there is no room for it.
bool OffloadCache::promote(const StorageRun& run) {
  copies_.reserve(std::ssize(run.keys));
  return tiers_.promote(run);
}

double OffloadCache::hit_rate() const {
  const std::int64_t total = gpu_.hits() + gpu_.misses() + failed_attempts_;
  return total == 0 ? 0.0 : static_cast<double>(gpu_.hits()) / static_cast<double>(total);
}

double OffloadCache::thrashing_rate() const {
  const std::int64_t wanted = tiers_.promotions_fired() + tiers_.promotions_failed();
  return wanted == 0
             ? 0.0
             : static_cast<double>(tiers_.promotions_failed()) / static_cast<double>(wanted);
}

}  // namespace blis::kv
