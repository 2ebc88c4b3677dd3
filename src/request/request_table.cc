#include "request/request_table.h"

#include <initializer_list>
#include <limits>

#include "base/check.h"

namespace blis::request {

RequestId RequestTable::add(RequestSpec spec) {
  BLIS_CHECK(places_.size() < kRetired - 1, "more than {} requests in one run", kRetired - 1);
  const auto next_id = [this] {
    return RequestId(first_id_ + static_cast<std::uint32_t>(places_.size()));
  };
  if (next_id().is_none()) places_.push_back(kForgotten);  // ids have gone round
  std::uint32_t place = rows_;
  if (unused_rows_.empty()) {
    ++rows_;
    if (place / kChunkRows == chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
  } else {
    place = unused_rows_.back();
    unused_rows_.pop_back();
    row(place) = Request();
  }
  row(place).spec = std::move(spec);
  const RequestId id = next_id();
  places_.push_back(place);
  return id;
}

bool RequestTable::fits(const Request& r) {
  const auto is_small = [](std::initializer_list<std::int64_t> values) {
    for (const std::int64_t value : values) {
      if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) return false;
    }
    return true;
  };
  const RequestSpec& spec = r.spec;
  const Measurements& m = r.measured;
  const bool is_plain = spec.name.session == Symbol::none() &&
                        spec.name.part == RequestPart::kWhole &&
                        spec.session == SymbolTable::empty() && spec.round_index == 0 &&
                        m.gateway_enqueue == Micros() && m.gateway_dispatch == Micros();
  const bool has_ended = r.state == RequestState::kCompleted || r.state == RequestState::kTimedOut;
  return is_plain && has_ended && m.instance.value() < (std::uint32_t{1} << 24) &&
         is_small({spec.name.number, spec.input_tokens, spec.output_tokens, m.ttft.count(),
                   m.e2e.count(), m.scheduling_delay.count()});
}

void RequestTable::retire(RequestId id) {
  if (is_retired(id)) return;
  Request& r = (*this)[id];
  if (!fits(r)) return;
  const RequestSpec& spec = r.spec;
  const Measurements& m = r.measured;
  const auto small = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  Record& record = records_.emplace_back();
  record.arrival = spec.arrival;
  record.itl_mean_us = m.itl_mean_us;
  record.ttft_us = small(m.ttft.count());
  record.e2e_us = small(m.e2e.count());
  record.scheduling_delay_us = small(m.scheduling_delay.count());
  record.number = small(spec.name.number);
  record.input_tokens = small(spec.input_tokens);
  record.output_tokens = small(spec.output_tokens);
  record.labels = index_of({.client = spec.client,
                            .tenant = spec.tenant,
                            .slo_class = spec.slo_class,
                            .model = spec.model,
                            .adapter = spec.adapter,
                            .prefix_group = spec.prefix_group});
  record.instance = m.instance.value() & 0xff'ffffU;
  record.has_ttft = m.has_ttft;
  record.has_e2e = m.has_e2e;
  record.has_itl_mean = m.has_itl_mean;
  record.has_scheduling_delay = m.has_scheduling_delay;
  record.registered = m.registered;
  record.length_capped = m.length_capped;
  record.timed_out = r.state == RequestState::kTimedOut;

  std::uint32_t& place = places_[offset(id)];
  r.spec.keys.reset();
  unused_rows_.push_back(place);
  place = kRetired | static_cast<std::uint32_t>(records_.size() - 1);
}

void RequestTable::forget(RequestId id) {
  if (is_retired(id)) return;
  std::uint32_t& place = places_[offset(id)];
  row(place).spec.keys.reset();
  unused_rows_.push_back(place);
  place = kForgotten;
  drop_forgotten_front();
}

// A request that takes long holds up those behind it, at four bytes each. What is in front goes
// when it is half of all, which makes it O(1) per request.
void RequestTable::drop_forgotten_front() {
  while (forgotten_front_ < places_.size() && places_[forgotten_front_] == kForgotten) {
    ++forgotten_front_;
  }
  if (forgotten_front_ < kLeastDropped || 2 * forgotten_front_ < places_.size()) return;
  places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(forgotten_front_));
  first_id_ += static_cast<std::uint32_t>(forgotten_front_);
  forgotten_front_ = 0;
}

RequestState RequestTable::state(RequestId id) const {
  if (!is_retired(id)) return (*this)[id].state;
  const std::uint32_t place = offset(id) < places_.size() ? places_[offset(id)] : kForgotten;
  if (place == kForgotten) return RequestState::kCompleted;
  return records_[place & ~kRetired].timed_out != 0 ? RequestState::kTimedOut
                                                    : RequestState::kCompleted;
}

void RequestTable::restore(RequestId id, Request& r) const {
  if (!is_retired(id)) {
    r = (*this)[id];
    return;
  }
  const Record& record = records_[places_[offset(id)] & ~kRetired];
  const Labels& labels = labels_[record.labels];
  r = Request();
  r.state = state(id);
  r.spec.name.number = record.number;
  r.spec.arrival = record.arrival;
  r.spec.input_tokens = record.input_tokens;
  r.spec.output_tokens = record.output_tokens;
  r.spec.client = labels.client;
  r.spec.tenant = labels.tenant;
  r.spec.slo_class = labels.slo_class;
  r.spec.model = labels.model;
  r.spec.adapter = labels.adapter;
  r.spec.prefix_group = labels.prefix_group;
  Measurements& m = r.measured;
  m.ttft = Micros(record.ttft_us);
  m.e2e = Micros(record.e2e_us);
  m.scheduling_delay = Micros(record.scheduling_delay_us);
  m.itl_mean_us = record.itl_mean_us;
  m.instance = InstanceId(std::uint32_t{record.instance});
  m.has_ttft = record.has_ttft != 0;
  m.has_e2e = record.has_e2e != 0;
  m.has_itl_mean = record.has_itl_mean != 0;
  m.has_scheduling_delay = record.has_scheduling_delay != 0;
  m.registered = record.registered != 0;
  m.length_capped = record.length_capped != 0;
  if (m.has_e2e) m.completion_time = m.e2e + record.arrival;
}

std::uint32_t RequestTable::index_of(const Labels& labels) {
  if (!labels_.empty() && labels_[last_labels_] == labels) return last_labels_;
  const auto [entry, is_new] =
      label_index_.try_emplace(labels, static_cast<std::uint32_t>(labels_.size()));
  if (is_new) labels_.push_back(labels);
  return last_labels_ = entry->second;
}

}  // namespace blis::request
