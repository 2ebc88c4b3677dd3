#include "request/request_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace blis::request {
namespace {

bool is_below(std::int64_t value, int bits) { return value >= 0 && value >> bits == 0; }

std::uint32_t low_bits(std::int64_t value) {
  return static_cast<std::uint32_t>(value & std::numeric_limits<std::uint32_t>::max());
}

}  // namespace

RequestId RequestTable::add(RequestSpec spec) {
  RequestId id(next_id_);
  if (id.is_none()) {  // ids go round
    note_end(page_of(id));
    id = RequestId(next_id_ = 0);
  }
  ++next_id_;
  if (place_of(id) == 0) {
    BLIS_CHECK(pages_.size() < kMostPages, "more than {} requests in one run",
               kMostPages * kPageIds);
    pages_.emplace_back().rows = std::make_unique<std::array<Request*, kPageIds>>();
  }
  Request* row = unused_row();
  row->spec = std::move(spec);
  (*page_of(id).rows)[place_of(id)] = row;
  return id;
}

Request* RequestTable::unused_row() {
  if (unused_rows_.empty()) {
    chunks_.push_back(std::make_unique<Chunk>());
    for (Request& row : *chunks_.back()) unused_rows_.push_back(&row);
    std::ranges::reverse(unused_rows_);
  } else {
    *unused_rows_.back() = Request();
  }
  Request* row = unused_rows_.back();
  unused_rows_.pop_back();
  return row;
}

// -------------------------------------------------------------------------------------------------
// from a row to a record

bool RequestTable::fits(const Request& r) const {
  const RequestSpec& spec = r.spec;
  const Measurements& m = r.measured;
  const bool is_plain = spec.name.session == Symbol::none() &&
                        spec.name.part == RequestPart::kWhole && m.gateway_enqueue == Micros() &&
                        m.gateway_dispatch == Micros();
  const bool has_ended = r.state == RequestState::kCompleted || r.state == RequestState::kTimedOut;
  return is_plain && has_ended && is_below(m.instance.value(), 14) &&
         is_below(spec.name.number, 32) && is_below(spec.arrival.count(), 44) &&
         is_below(spec.input_tokens, 18) && is_below(spec.output_tokens, 20) &&
         is_below(m.ttft.count(), 32) && is_below(m.e2e.count(), 32) &&
         is_below(m.scheduling_delay.count(), 32) && is_below(std::ssize(labels_), 25);
}

RequestTable::Record RequestTable::record_of(const Request& r) {
  const RequestSpec& spec = r.spec;
  const Measurements& m = r.measured;
  Record record;
  record.ttft = low_bits(m.ttft.count());
  record.e2e = low_bits(m.e2e.count());
  record.scheduling_delay = low_bits(m.scheduling_delay.count());
  record.arrival_low = low_bits(spec.arrival.count());
  record.arrival_high = low_bits(spec.arrival.count() >> 32) & 0xfffU;
  record.input_tokens = low_bits(spec.input_tokens) & 0x3'ffffU;
  record.output_tokens = low_bits(spec.output_tokens) & 0xf'ffffU;
  record.instance = m.instance.value() & 0x3fffU;
  record.has_ttft = m.has_ttft;
  record.has_e2e = m.has_e2e;
  record.has_itl_mean = m.has_itl_mean;
  record.has_scheduling_delay = m.has_scheduling_delay;
  record.registered = m.registered;
  record.length_capped = m.length_capped;
  record.timed_out = r.state == RequestState::kTimedOut;
  return record;
}

void RequestTable::retire(RequestId id) {
  if (is_retired(id)) return;
  Page& page = page_of(id);
  Request*& row = (*page.rows)[place_of(id)];
  if (!fits(*row)) return;
  if (page.records == nullptr) page.records = std::make_unique<std::array<Record, kPageIds>>();
  Record& record = (*page.records)[place_of(id)];
  record = record_of(*row);
  const RequestSpec& spec = row->spec;
  record.labels = index_of({.client = spec.client,
                            .tenant = spec.tenant,
                            .slo_class = spec.slo_class,
                            .model = spec.model,
                            .adapter = spec.adapter,
                            .prefix_group = spec.prefix_group}) &
                  0x1ff'ffffU;
  note_oddities(id, *row, record);
  give_back(page, row);
}

void RequestTable::forget(RequestId id) {
  if (is_retired(id)) return;
  Page& page = page_of(id);
  give_back(page, (*page.rows)[place_of(id)]);
  while (!pages_.empty() && pages_.front().rows == nullptr && pages_.front().records == nullptr) {
    pages_.erase(pages_.begin());
    first_page_ = (first_page_ + 1) & kLastPage;
  }
}

void RequestTable::give_back(Page& page, Request*& row) {
  row->spec.keys.reset();
  unused_rows_.push_back(std::exchange(row, nullptr));
  note_end(page);
}

void RequestTable::note_end(Page& page) {
  if (++page.ended == kPageIds) page.rows.reset();
}

void RequestTable::note_oddities(RequestId id, const Request& r, const Record& record) {
  if (r.spec.session != SymbolTable::empty() || r.spec.round_index != 0) {
    if (session_rounds_.size() <= id.index()) session_rounds_.resize(id.index() + 1);
    session_rounds_[id.index()] = {.session = r.spec.session, .round = r.spec.round_index};
  }
  if (r.spec.name.number != id.value()) {
    while (numbers_.size() <= id.index()) numbers_.push_back(low_bits(std::ssize(numbers_)));
    numbers_[id.index()] = low_bits(r.spec.name.number);
  }
  const Measurements& m = r.measured;
  if (m.has_itl_mean) {
    if (!after_last_token_) after_last_token_ = m.e2e - m.ttft - m.itl_sum;
    if (m.itl_mean_us != implied_itl_mean_us(record)) {
      odd_itl_means_us_.emplace(id.value(), m.itl_mean_us);
    }
  }
}

// The usual case of the division in engine/completion.cc.
double RequestTable::implied_itl_mean_us(const Record& record) const {
  const Micros itl_sum = Micros(record.e2e) - Micros(record.ttft) - *after_last_token_;
  const std::int64_t gaps = std::max<std::int64_t>(std::int64_t{record.output_tokens} - 1, 1);
  return static_cast<double>(itl_sum.count()) / static_cast<double>(gaps);
}

// -------------------------------------------------------------------------------------------------
// and back

RequestState RequestTable::state(RequestId id) const {
  if (!is_retired(id)) return (*this)[id].state;
  if (page_index(id) >= pages_.size() || page_of(id).records == nullptr) {
    return RequestState::kCompleted;  // forgotten
  }
  return record_of(id).timed_out != 0 ? RequestState::kTimedOut : RequestState::kCompleted;
}

RequestName RequestTable::name(RequestId id) const {
  if (!is_retired(id)) return (*this)[id].spec.name;
  return {.number = number_of(id)};
}

std::int64_t RequestTable::number_of(RequestId id) const {
  return id.index() < numbers_.size() ? numbers_[id.index()] : id.value();
}

void RequestTable::restore(RequestId id, Request& r) const {
  if (!is_retired(id)) {
    r = (*this)[id];
    return;
  }
  const Record& record = record_of(id);
  const Labels& labels = labels_[record.labels];
  r = Request();
  r.state = state(id);
  r.spec.name = name(id);
  r.spec.arrival = Micros(std::int64_t{record.arrival_high} << 32 | record.arrival_low);
  r.spec.input_tokens = record.input_tokens;
  r.spec.output_tokens = record.output_tokens;
  r.spec.client = labels.client;
  r.spec.tenant = labels.tenant;
  r.spec.slo_class = labels.slo_class;
  r.spec.model = labels.model;
  r.spec.adapter = labels.adapter;
  r.spec.prefix_group = labels.prefix_group;
  if (id.index() < session_rounds_.size()) {
    r.spec.session = session_rounds_[id.index()].session;
    r.spec.round_index = session_rounds_[id.index()].round;
  }
  Measurements& m = r.measured;
  m.ttft = Micros(record.ttft);
  m.e2e = Micros(record.e2e);
  m.scheduling_delay = Micros(record.scheduling_delay);
  m.instance = InstanceId(std::uint32_t{record.instance});
  m.has_ttft = record.has_ttft != 0;
  m.has_e2e = record.has_e2e != 0;
  m.has_itl_mean = record.has_itl_mean != 0;
  m.has_scheduling_delay = record.has_scheduling_delay != 0;
  m.registered = record.registered != 0;
  m.length_capped = record.length_capped != 0;
  if (m.has_e2e) m.completion_time = m.e2e + r.spec.arrival;
  if (m.has_itl_mean) {
    const auto odd = odd_itl_means_us_.find(id.value());
    m.itl_mean_us = odd == odd_itl_means_us_.end() ? implied_itl_mean_us(record) : odd->second;
  }
}

RequestTable::Room RequestTable::room() const {
  Room room{.rows = chunks_.size() * kChunkRows, .ids = pages_.size() * kPageIds};
  for (const Page& page : pages_) room.records += page.records == nullptr ? 0 : kPageIds;
  return room;
}

std::uint32_t RequestTable::index_of(const Labels& labels) {
  if (!labels_.empty() && labels_[last_labels_] == labels) return last_labels_;
  const auto [entry, is_new] =
      label_index_.try_emplace(labels, static_cast<std::uint32_t>(labels_.size()));
  if (is_new) labels_.push_back(labels);
  return last_labels_ = entry->second;
}

}  // namespace blis::request
