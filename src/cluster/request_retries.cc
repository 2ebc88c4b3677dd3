#include "cluster/request_retries.h"

#include <utility>

namespace blis::cluster {

void RequestRetries::interrupt(RequestId request, Micros clock) {
  ++interrupted_;
  try_again(request, clock);
}

bool RequestRetries::find_nobody(RequestId request, Micros clock) {
  if (!tries_.contains(request)) return false;
  try_again(request, clock);
  return true;
}

void RequestRetries::try_again(RequestId request, Micros clock) {
  std::int64_t& tries = tries_[request];
  if (tries >= config_.max_retries) return lose(request, clock);
  ++tries;
  ++retries_;
  events_.push(clock + config_.retry_delay, EventKind::kRetry, request.value());
}

void RequestRetries::lose(RequestId id, Micros clock) {
  ++lost_;
  tries_.erase(id);
  gateway_.report_loss(id, Loss::kInstanceLost, clock);
  request::RequestSpec& spec = requests_[id].spec;
  if (sessions_ != nullptr) {
    std::optional<request::RequestSpec> follow_up =
        sessions_->on_terminal(spec, request::TerminalOutcome::kDropped, 0, clock);
    if (follow_up) {
      const Micros arrival = follow_up->arrival;
      events_.push(arrival, EventKind::kArrival, requests_.add(std::move(*follow_up)).value());
    }
  }
  spec.keys.reset();  // nothing reads a finished request's blocks
}

}  // namespace blis::cluster
