#include "live/observe/send_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::live {

SendQueue::SendQueue(request::RequestSource& source, MakeBody make_body)
    : source_(source), make_body_(std::move(make_body)) {}

void SendQueue::look_ahead() {
  if (ahead_ || source_is_dry_) return;
  std::optional<request::RequestSpec> next = source_.next();
  if (!next) {
    source_is_dry_ = true;
    return;
  }
  std::string body = make_body_(*next);
  ahead_ = PlannedSend{std::move(*next), std::move(body)};
}

bool SendQueue::follow_up_is_next() const {
  if (follow_ups_.empty()) return false;
  return !ahead_ || follow_ups_.front().time_us <= ahead_->spec.arrival.count();
}

std::optional<std::int64_t> SendQueue::next_time_us() {
  look_ahead();
  if (follow_up_is_next()) return follow_ups_.front().time_us;
  if (ahead_) return ahead_->spec.arrival.count();
  return std::nullopt;
}

PlannedSend SendQueue::take() {
  if (follow_up_is_next()) {
    std::pop_heap(follow_ups_.begin(), follow_ups_.end(), Later());
    PlannedSend send = std::move(follow_ups_.back().send);
    follow_ups_.pop_back();
    return send;
  }
  BLIS_CHECK(ahead_.has_value(), "nothing is left to send");
  PlannedSend send = std::move(*ahead_);
  ahead_.reset();
  return send;
}

void SendQueue::add_follow_up(request::RequestSpec spec) {
  std::string body = make_body_(spec);
  const std::int64_t time_us = spec.arrival.count();
  follow_ups_.push_back({time_us, follow_ups_added_++, {std::move(spec), std::move(body)}});
  std::push_heap(follow_ups_.begin(), follow_ups_.end(), Later());
}

void SendQueue::close() {
  source_is_dry_ = true;
  ahead_.reset();
  follow_ups_.clear();
}

}  // namespace blis::live
