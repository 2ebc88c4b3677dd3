#include "workload/generate.h"

#include "workload/generation/closed_loop.h"
#include "workload/generation/plan.h"

namespace blis::workload {
namespace {

/// What every request gets on its way out: its number, the run's deadline, and a look by whoever
/// observes.
class Emission {
 public:
  explicit Emission(const GenerationOptions& options) : options_(options) {}

  request::RequestSpec emit(Produced produced) {
    request::RequestSpec& request = produced.request;
    request.name.number = next_number_++;
    // In lazy mode the run's timeout stands in the clients already; what does not look there has
    // none [spec 15.6].
    if (options_.timeout_override_us && !options_.lazy) {
      request.deadline = deadline_of(request.arrival, options_.timeout_override_us, false);
    }
    if (options_.observer != nullptr) {
      options_.observer->on_request(request, produced.digests->input, produced.digests->output);
    }
    return std::move(request);
  }

 private:
  GenerationOptions options_;
  std::int64_t next_number_ = 0;
};

/// Open-loop workloads: each request is drawn when it is asked for.
class StreamingSource final : public request::RequestSource {
 public:
  explicit StreamingSource(std::unique_ptr<Plan> plan)
      : plan_(std::move(plan)), merge_(plan_->start_merge()), emission_(plan_->options()) {}

  std::optional<request::RequestSpec> next() override {
    const std::int64_t cap = plan_->options().max_requests;
    if (cap > 0 && emitted_ >= cap) return std::nullopt;
    std::optional<Produced> produced = merge_->pop();
    if (!produced) return std::nullopt;
    ++emitted_;
    return emission_.emit(std::move(*produced));
  }

 private:
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<ClientMerge> merge_;
  Emission emission_;
  std::int64_t emitted_ = 0;
};

/// Closed-loop workloads: the initial requests are known.
class ListedSource final : public request::RequestSource {
 public:
  ListedSource(std::vector<Produced> requests, const GenerationOptions& options)
      : requests_(std::move(requests)), emission_(options) {}

  std::optional<request::RequestSpec> next() override {
    if (next_ == requests_.size()) return std::nullopt;
    return emission_.emit(std::move(requests_[next_++]));
  }

 private:
  std::vector<Produced> requests_;
  std::size_t next_ = 0;
  Emission emission_;
};

}  // namespace

GeneratedWorkload generate(const WorkloadSpec& spec, const GenerationOptions& options,
                           SymbolTable& symbols, Diagnostics& diagnostics) {
  auto plan = std::make_unique<Plan>(spec, options, symbols, diagnostics);
  GeneratedWorkload workload;
  if (!plan->has_closed_loop()) {
    workload.source = std::make_unique<StreamingSource>(std::move(plan));
    return workload;
  }
  ClosedLoopWorkload closed = build_closed_loop(*plan);
  workload.session_count = closed.blueprints.size();
  workload.follow_up_budget = closed.follow_up_budget;
  workload.source = std::make_unique<ListedSource>(std::move(closed.requests), options);
  if (!closed.blueprints.empty()) {
    SessionManager::Options session_options;
    session_options.block_size = options.block_size;
    session_options.follow_up_budget = closed.follow_up_budget;
    session_options.observer = options.observer;
    workload.sessions = std::make_unique<SessionManager>(std::move(closed.blueprints),
                                                         session_options, symbols, diagnostics);
  }
  return workload;
}

}  // namespace blis::workload
