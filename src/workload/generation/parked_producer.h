// A client that waits for its first request without holding a random stream.
#pragma once

#include <functional>
#include <memory>

#include "workload/generation/client_producer.h"

namespace blis::workload {

/// Same requests as those of the producer that `start` makes. The first arrival is found with a
/// producer that is then thrown away; another one takes its place when that request is taken. Costs
/// one more seeding per client that ever generates, and saves 4.9 KB per client that has not yet.
class ParkedProducer final : public ClientProducer {
 public:
  /// Makes a producer that stands before its first request, the same each time; `again` tells that
  /// one was made before, so that nothing is reported twice.
  using Start = std::function<std::unique_ptr<ClientProducer>(bool again)>;

  explicit ParkedProducer(Start start) : start_(std::move(start)) {}

  std::optional<std::int64_t> next_arrival_us() override {
    if (running_) return running_->next_arrival_us();
    if (!is_known_) {
      first_arrival_us_ = start_(false)->next_arrival_us();
      is_known_ = true;
    }
    return first_arrival_us_;
  }

  Produced take() override {
    if (!running_) {
      running_ = start_(true);
      running_->next_arrival_us();
    }
    return running_->take();
  }

 private:
  Start start_;
  std::unique_ptr<ClientProducer> running_;
  std::optional<std::int64_t> first_arrival_us_;
  bool is_known_ = false;
};

}  // namespace blis::workload
