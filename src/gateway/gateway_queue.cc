#include "gateway/gateway_queue.h"

#include <algorithm>

#include "base/check.h"

namespace blis::gateway {

std::size_t GatewayQueue::NameHash::operator()(const request::RequestName& name) const {
  return absl::HashOf(name.number, name.session.value(), name.round, static_cast<int>(name.part));
}

std::int64_t GatewayQueue::TargetOf::operator()(std::string_view slo_class) const {
  const auto found = targets.find(slo_class);
  return found == targets.end() ? -1 : found->second;
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
  const auto band_size = static_cast<std::int64_t>(bands_[band].entries.size());
  if (config_.per_band_capacity > 0 && band_size >= config_.per_band_capacity) {
    ++counters_.rejected;
    return result;
  }
  if (config_.max_queue_depth > 0 && size() >= config_.max_queue_depth) {
    const std::optional<Sequence> victim = config_.queue_shedding ? find_victim() : std::nullopt;
    if (!victim || query.priority <= bands_[entries_.at(*victim).band].priority) {
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
    if (band.entries.empty()) continue;
    const Flow& flow = pick_flow(band);
    // `fifo` takes the head of the most important band, like `priority` [BUG, spec data-plane
    // W-B1].
    const Sequence next = config_.dispatch_order == DispatchOrder::kSloDeadline
                              ? flow.deadlines.begin()->second
                              : *flow.entries.begin();
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
  for (const Sequence sequence : record.live) {
    const Entry& entry = entries_.at(sequence);
    if (entry.band != record.band || entry.tenant != record.tenant) continue;
    ++counters_.expired;
    return remove(sequence);
  }
  BLIS_CHECK(false, "data-plane 10.1: an indexed request is not in its flow");
  return std::nullopt;
}

bool GatewayQueue::withdraw(RequestId request) {
  const auto found =
      std::ranges::find_if(entries_, [&](const auto& e) { return e.second.request == request; });
  if (found == entries_.end()) return false;
  remove(found->first);
  return true;
}

std::int64_t GatewayQueue::band_size(std::int64_t priority) const {
  for (const Band& band : bands_) {
    if (band.priority == priority) return static_cast<std::int64_t>(band.entries.size());
  }
  return 0;
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
std::optional<GatewayQueue::Sequence> GatewayQueue::find_victim() const {
  for (auto band = order_.rbegin(); band != order_.rend(); ++band) {
    const Band& candidate = bands_[*band];
    if (candidate.priority >= 0) break;
    if (!candidate.entries.empty()) return *candidate.entries.rbegin();
  }
  return std::nullopt;
}

const GatewayQueue::Flow& GatewayQueue::pick_flow(Band& band) {
  if (config_.fairness == FairnessPolicy::kGlobalStrict) {
    return band.flows.at(entries_.at(*band.entries.begin()).tenant);
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
  const std::int64_t target_us = target_us_(query.slo_class);
  const bool has_target =
      config_.slo_targets_us.contains(std::string(symbols_.text(query.slo_class)));
  return has_target ? clock + Micros(target_us) : Micros::max();
}

void GatewayQueue::append(const RouteQuery& query, const request::RequestName& name,
                          Sequence sequence, std::size_t band_index, Micros clock) {
  Entry& entry = entries_[sequence];
  entry = {.request = query.request,
           .name = name,
           .deadline = Micros::max(),
           .band = band_index,
           .tenant = tenant_text(query.tenant)};
  Band& band = bands_[band_index];
  band.entries.insert(sequence);
  Flow& flow = band.flows[entry.tenant];
  flow.entries.insert(sequence);
  if (config_.dispatch_order == DispatchOrder::kSloDeadline) {
    entry.deadline = deadline_of(query, clock);
    flow.deadlines.insert({entry.deadline, sequence});
  }
  if (config_.request_ttl > Micros()) {
    NameRecord& record = names_[name];
    record.is_indexed = true;
    record.band = band_index;
    record.tenant = entry.tenant;
    record.live.insert(sequence);
  }
  if (band.priority >= 0) ++non_sheddable_;
}

RequestId GatewayQueue::remove(Sequence sequence) {
  const auto found = entries_.find(sequence);
  const Entry entry = found->second;
  entries_.erase(found);
  Band& band = bands_[entry.band];
  band.entries.erase(sequence);
  const auto flow = band.flows.find(entry.tenant);
  flow->second.entries.erase(sequence);
  flow->second.deadlines.erase({entry.deadline, sequence});
  if (flow->second.entries.empty()) band.flows.erase(flow);
  // Any departure of a name takes it out of the index, whoever owned it (spec data-plane 10.1).
  if (const auto record = names_.find(entry.name); record != names_.end()) {
    record->second.is_indexed = false;
    record->second.live.erase(sequence);
    if (record->second.live.empty()) names_.erase(record);
  }
  if (band.priority >= 0) --non_sheddable_;
  return entry.request;
}

}  // namespace blis::gateway
