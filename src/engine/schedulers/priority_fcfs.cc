// priority-fcfs: the most urgent SLO class first. Priorities are fixed at enqueue; nothing ages.
// SOURCE spec engine 6.3.

#include "engine/scheduler.h"

namespace blis::engine {
namespace {

class PriorityFcfs final : public Scheduler {
 public:
  explicit PriorityFcfs(const SymbolTable& symbols) : symbols_(symbols) {}

  bool before(const request::Request& a, const request::Request& b) const override {
    if (a.priority != b.priority) return a.priority < b.priority;
    return earlier_arrival(a, b, symbols_);
  }

 private:
  const SymbolTable& symbols_;
};

}  // namespace

std::unique_ptr<Scheduler> make_priority_fcfs(const SchedulerContext& context) {
  return std::make_unique<PriorityFcfs>(context.symbols);
}

}  // namespace blis::engine
