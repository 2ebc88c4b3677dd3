// fcfs: the order in which requests entered the queue. SOURCE spec engine 6.3; vLLM's default.

#include "engine/scheduler.h"

namespace blis::engine {
namespace {

class Fcfs final : public Scheduler {
 public:
  bool reorders() const override { return false; }
  bool before(const request::Request&, const request::Request&) const override { return false; }
};

}  // namespace

std::unique_ptr<Scheduler> make_fcfs(const SchedulerContext& /*context*/) {
  return std::make_unique<Fcfs>();
}

}  // namespace blis::engine
