// script: the largest priority() of the user's script (--policy-script) first, then by arrival.
//
// A request is asked about once per instance, at the step that first finds it in the queue; the
// value stays, as the priorities of the other schedulers do, also when the request is preempted.

#include <absl/container/flat_hash_map.h>

#include <array>
#include <optional>
#include <string_view>

#include "engine/scheduler.h"
#include "engine/slo_priority.h"
#include "script/sandbox.h"

namespace blis::engine {
namespace {

using script::Value;

// Names and switches below go together: the position in the list is the case. Not among them: the
// length of the output, and how far it has come.
constexpr std::array<std::string_view, 9> kRequestFields = {
    "input_tokens", "urgency", "slo_class",  "tenant",     "model",
    "adapter",      "session", "arrival_us", "deadline_us"};
constexpr std::array<std::string_view, 1> kInstanceFields = {"waiting_requests"};

class Scripted final : public Scheduler, private script::View {
 public:
  explicit Scripted(const SchedulerContext& context) : symbols_(context.symbols) {
    if (context.script == nullptr) return;
    sandbox_.emplace(*context.script, "script-priority",
                     script::Schema{kRequestFields, kInstanceFields});
  }

  void prepare(const std::deque<RequestId>& queue, const request::RequestTable& requests,
               Micros now) override {
    if (!sandbox_) return;
    now_ = now;
    waiting_ = static_cast<std::int64_t>(queue.size());
    for (const RequestId id : queue) {
      const request::Request& request = requests[id];
      const auto [priority, is_new] = priorities_.try_emplace(&request);
      if (!is_new && priority->second.of == id) continue;
      request_ = &request;
      sandbox_->begin_decision();
      priority->second = {id, sandbox_->number(script::Function::kPriority, *this, 0)};
    }
  }

  bool before(const request::Request& a, const request::Request& b) const override {
    if (sandbox_) {
      const double priority_a = priorities_.at(&a).value;
      const double priority_b = priorities_.at(&b).value;
      if (priority_a != priority_b) return priority_a > priority_b;
    }
    return earlier_arrival(a, b, symbols_);
  }

 private:
  Micros now() const override { return now_; }
  std::size_t num_instances() const override { return 1; }
  Value instance_field(std::size_t /*instance*/, std::size_t /*field*/) const override {
    return Value::of(waiting_);
  }
  Value request_field(std::size_t field) const override {
    const request::RequestSpec& spec = request_->spec;
    switch (field) {
      case 0:
        return Value::of(spec.input_tokens);
      case 1:
        return Value::of(-request_->priority);
      case 2:
        return Value::of(symbols_.text(spec.slo_class));
      case 3:
        return Value::of(symbols_.text(spec.tenant));
      case 4:
        return Value::of(symbols_.text(spec.model));
      case 5:
        return Value::of(symbols_.text(spec.adapter));
      case 6:
        return Value::of(symbols_.text(spec.session));
      case 7:
        return Value::of(spec.arrival.count());
      case 8:
        return Value::of(spec.deadline.count());
      default:
        return {};
    }
  }

  const SymbolTable& symbols_;
  const request::Request* request_ = nullptr;  // of the call that is running
  Micros now_;
  std::int64_t waiting_ = 0;
  struct Priority {
    RequestId of = RequestId::none();
    double value = 0;
  };
  // Never iterated. By row of the request table: rows do not move, and those of requests that have
  // ended serve others, so that the entries are no more than the requests under way.
  absl::flat_hash_map<const request::Request*, Priority> priorities_;
  std::optional<script::Sandbox> sandbox_;
};

}  // namespace

std::unique_ptr<Scheduler> make_scripted_scheduler(const SchedulerContext& context) {
  return std::make_unique<Scripted>(context);
}

}  // namespace blis::engine
