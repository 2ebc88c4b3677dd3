// sjf: the shortest prompt first. The job's length is its prompt: output lengths are unknown to a
// scheduler. SOURCE spec engine 6.3.

#include "engine/scheduler.h"

namespace blis::engine {
namespace {

class ShortestJobFirst final : public Scheduler {
 public:
  explicit ShortestJobFirst(const SymbolTable& symbols) : symbols_(symbols) {}

  bool before(const request::Request& a, const request::Request& b) const override {
    if (a.spec.input_tokens != b.spec.input_tokens)
      return a.spec.input_tokens < b.spec.input_tokens;
    return earlier_arrival(a, b, symbols_);
  }

 private:
  const SymbolTable& symbols_;
};

}  // namespace

std::unique_ptr<Scheduler> make_sjf(const SchedulerContext& context) {
  return std::make_unique<ShortestJobFirst>(context.symbols);
}

}  // namespace blis::engine
