#include "workload/generation/parked_producer.h"

#include <gtest/gtest.h>

namespace blis::workload {
namespace {

/// Arrivals 10, 20, 30; counts how many of its kind live.
class ThreeRequests final : public ClientProducer {
 public:
  explicit ThreeRequests(int& alive) : alive_(alive) { ++alive_; }
  ~ThreeRequests() override { --alive_; }
  std::optional<std::int64_t> next_arrival_us() override {
    if (next_ == 3) return std::nullopt;
    return 10 * (next_ + 1);
  }
  Produced take() override {
    Produced produced;
    produced.request.arrival = Micros(10 * ++next_);
    return produced;
  }

 private:
  int& alive_;
  std::int64_t next_ = 0;
};

TEST(ParkedProducer, HoldsNothingBeforeItsFirstRequestAndMissesNone) {
  int alive = 0;
  std::vector<bool> starts;
  ParkedProducer parked([&](bool again) {
    starts.push_back(again);
    return std::make_unique<ThreeRequests>(alive);
  });
  EXPECT_EQ(parked.next_arrival_us(), 10);
  EXPECT_EQ(parked.next_arrival_us(), 10);
  EXPECT_EQ(alive, 0);
  std::vector<std::int64_t> arrivals;
  while (parked.next_arrival_us()) arrivals.push_back(parked.take().request.arrival.count());
  EXPECT_EQ(arrivals, (std::vector<std::int64_t>{10, 20, 30}));
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(starts, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace blis::workload
