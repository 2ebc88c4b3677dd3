#include "gateway/gateway_queue.h"

#include <algorithm>

#include "base/check.h"

namespace blis::gateway {

std::size_t GatewayQueue::NameHash::operator()(const request::RequestName& name) const {
  return absl::HashOf(name.number, name.session.value(), name.round, static_cast<int>(name.part));
}

std::optional<std::int64_t> GatewayQueue::TargetOf::operator()(std::string_view slo_class) const {
  const auto found = targets.find(slo_class);
  if (found == targets.end()) return std::nullopt;
  return found->second;
}

GatewayQueue::GatewayQueue(const FlowControlConfig& config, const SymbolTable& symbols)
    : config_(config),
      symbols_(symbols),
      target_us_(symbols, TargetOf{{config.slo_targets_us.begin(), config.slo_targets_us.end()}}) {}

OfferResult GatewayQueue::offer(const RouteQuery& query, const request::RequestName& name,
                                Micros clock) {
  const Sequence sequence = next_sequence_++;
  const std::size_t band = band_for(query.priority);
  OfferResult result;
  if (config_.per_band_capacity > 0 && bands_[band].entries.size >= config_.per_band_capacity) {
    ++counters_.rejected;
    return result;
  }
  if (config_.max_queue_depth > 0 && size() >= config_.max_queue_depth) {
    const std::optional<Slot> victim = config_.queue_shedding ? find_victim() : std::nullopt;
    if (!victim || query.priority <= bands_[entries_[*victim].band].priority) {
      ++counters_.rejected;
      return result;
    }
    result.victim = remove(*victim);
    ++counters_.shed;
  }
  append(query, name, sequence, band, clock);
  result.queued = true;
  return result;
}

std::optional<RequestId> GatewayQueue::gated_dequeue(double saturation) {
  if (empty()) return std::nullopt;
  for (std::size_t position = 0; position < order_.size(); ++position) {
    if (saturation >= ceiling(position)) return std::nullopt;
    Band& band = bands_[order_[position]];
    if (band.entries.size == 0) continue;
    const Flow& flow = pick_flow(band);
    // `fifo` takes the head of the most important band, like `priority` [BUG, spec data-plane
    // W-B1].
    const Slot next = config_.dispatch_order == DispatchOrder::kSloDeadline
                          ? std::get<Slot>(*flow.deadlines.begin())
                          : flow.entries.first;
    return remove(next);
  }
  return std::nullopt;
}

double GatewayQueue::ceiling(std::size_t position) const {
  const std::size_t bands = order_.size();
  if (bands == 1) return 1.0;
  // An unusable threshold acts as 1 (spec data-plane 2).
  const double limit = config_.usage_limit_threshold;
  if (!(limit == limit)) return 1.0;
  return 1.0 - (static_cast<double>(position) * (1.0 - limit)) / static_cast<double>(bands - 1);
}

std::optional<RequestId> GatewayQueue::expire(const request::RequestName& name) {
  const auto found = names_.find(name);
  if (found == names_.end() || !found->second.is_indexed) return std::nullopt;
  const NameRecord& record = found->second;
  for (const Slot slot : record.live) {
    const Entry& entry = entries_[slot];
    if (entry.band != record.band || entry.flow->first != record.tenant) continue;
    ++counters_.expired;
    return remove(slot);
  }
  BLIS_CHECK(false, "data-plane 10.1: an indexed request is not in its flow");
  return std::nullopt;
}

bool GatewayQueue::withdraw(RequestId request) {
  for (const Band& band : bands_) {
    for (Slot slot = band.entries.first; slot != kNone; slot = entries_[slot].in_band.next) {
      if (entries_[slot].request != request) continue;
      remove(slot);
      return true;
    }
  }
  return false;
}

std::int64_t GatewayQueue::band_size(std::int64_t priority) const {
  const auto band = std::ranges::find(bands_, priority, &Band::priority);
  return band == bands_.end() ? 0 : band->entries.size;
}

std::vector<std::int64_t> GatewayQueue::band_priorities() const {
  std::vector<std::int64_t> priorities;
  for (const std::size_t band : order_) priorities.push_back(bands_[band].priority);
  return priorities;
}

// A band stays for ever, and its place moves the ceilings of all others.
std::size_t GatewayQueue::band_for(std::int64_t priority) {
  const auto place = std::ranges::find_if(
      order_, [&](std::size_t band) { return bands_[band].priority <= priority; });
  if (place != order_.end() && bands_[*place].priority == priority) return *place;
  order_.insert(place, bands_.size());
  bands_.emplace_back().priority = priority;
  return bands_.size() - 1;
}

std::string_view GatewayQueue::tenant_text(Symbol tenant) const {
  return tenant == SymbolTable::empty() ? "default" : symbols_.text(tenant);
}

// The youngest entry of the least important sheddable band.
std::optional<GatewayQueue::Slot> GatewayQueue::find_victim() const {
  for (auto band = order_.rbegin(); band != order_.rend(); ++band) {
    const Band& candidate = bands_[*band];
    if (candidate.priority >= 0) break;
    if (candidate.entries.size > 0) return candidate.entries.last;
  }
  return std::nullopt;
}

const GatewayQueue::Flow& GatewayQueue::pick_flow(Band& band) {
  if (config_.fairness == FairnessPolicy::kGlobalStrict) {
    return entries_[band.entries.first].flow->second;
  }
  // A tenant whose flow emptied is gone, so the round starts over at the smallest name [QUIRK, spec
  // data-plane W-B9].
  auto next = band.flows.begin();
  if (band.cursor) {
    const auto last = band.flows.find(*band.cursor);
    if (last != band.flows.end() && std::next(last) != band.flows.end()) next = std::next(last);
  }
  band.cursor = next->first;
  return next->second;
}

Micros GatewayQueue::deadline_of(const RouteQuery& query, Micros clock) {
  if (query.slo_target > Micros()) return clock + query.slo_target;
  const std::optional<std::int64_t> target_us = target_us_(query.slo_class);
  return target_us ? clock + Micros(*target_us) : Micros::max();
}

void GatewayQueue::append(const RouteQuery& query, const request::RequestName& name,
                          Sequence sequence, std::size_t band_index, Micros clock) {
  const Slot slot = new_entry();
  Band& band = bands_[band_index];
  const auto flow = band.flows.try_emplace(tenant_text(query.tenant)).first;
  entries_[slot] = {.request = query.request,
                    .name = name,
                    .sequence = sequence,
                    .band = band_index,
                    .flow = flow,
                    .in_band = {},
                    .in_flow = {}};
  link(band.entries, &Entry::in_band, slot);
  link(flow->second.entries, &Entry::in_flow, slot);
  if (config_.dispatch_order == DispatchOrder::kSloDeadline) {
    entries_[slot].deadline = deadline_of(query, clock);
    flow->second.deadlines.insert({entries_[slot].deadline, sequence, slot});
  }
  if (config_.request_ttl > Micros()) {
    NameRecord& record = names_[name];
    record.is_indexed = true;
    record.band = band_index;
    record.tenant = flow->first;
    record.live.push_back(slot);
  }
  ++size_;
  if (band.priority >= 0) ++non_sheddable_;
}

RequestId GatewayQueue::remove(Slot slot) {
  const Entry entry = entries_[slot];
  Band& band = bands_[entry.band];
  unlink(band.entries, &Entry::in_band, slot);
  Flow& flow = entry.flow->second;
  unlink(flow.entries, &Entry::in_flow, slot);
  if (!flow.deadlines.empty()) flow.deadlines.erase({entry.deadline, entry.sequence, slot});
  if (config_.request_ttl > Micros()) forget_name(entry, slot);
  if (flow.entries.size == 0) band.flows.erase(entry.flow);
  unused_.push_back(slot);
  --size_;
  if (band.priority >= 0) --non_sheddable_;
  return entry.request;
}

// Any departure of a name takes it out of the index, whoever owned it (spec data-plane 10.1).
void GatewayQueue::forget_name(const Entry& entry, Slot slot) {
  const auto record = names_.find(entry.name);
  record->second.is_indexed = false;
  std::erase(record->second.live, slot);
  if (record->second.live.empty()) names_.erase(record);
}

GatewayQueue::Slot GatewayQueue::new_entry() {
  if (unused_.empty()) {
    BLIS_CHECK(entries_.size() < kNone, "more than {} requests wait at the gateway", kNone);
    entries_.emplace_back();
    return static_cast<Slot>(entries_.size() - 1);
  }
  const Slot slot = unused_.back();
  unused_.pop_back();
  return slot;
}

void GatewayQueue::link(List& list, Links Entry::*links, Slot slot) {
  entries_[slot].*links = {.previous = list.last, .next = kNone};
  (list.last == kNone ? list.first : (entries_[list.last].*links).next) = slot;
  list.last = slot;
  ++list.size;
}

void GatewayQueue::unlink(List& list, Links Entry::*links, Slot slot) {
  const Links& own = entries_[slot].*links;
  (own.previous == kNone ? list.first : (entries_[own.previous].*links).next) = own.next;
  (own.next == kNone ? list.last : (entries_[own.next].*links).previous) = own.previous;
  --list.size;
}

}  // namespace blis::gateway
