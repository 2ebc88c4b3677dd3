// reverse-priority: the least urgent SLO class first, a worst case to compare policies with. SOURCE
// spec engine 6.3.

#include "engine/scheduler.h"

namespace blis::engine {
namespace {

class ReversePriority final : public Scheduler {
 public:
  explicit ReversePriority(const SymbolTable& symbols) : symbols_(symbols) {}

  bool before(const request::Request& a, const request::Request& b) const override {
    if (a.priority != b.priority) return a.priority > b.priority;
    return earlier_arrival(a, b, symbols_);
  }

 private:
  const SymbolTable& symbols_;
};

}  // namespace

std::unique_ptr<Scheduler> make_reverse_priority(const SchedulerContext& context) {
  return std::make_unique<ReversePriority>(context.symbols);
}

}  // namespace blis::engine
