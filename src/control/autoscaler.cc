#include "control/autoscaler.h"

#include "base/check.h"
#include "control/collector.h"

namespace blis::control {
namespace {

std::unique_ptr<Analyzer> make_analyzer(const AutoscalerConfig& config) {
  const AnalyzerEntry* entry = find_analyzer(config.analyzer);
  BLIS_CHECK(entry != nullptr, "control: there is no analyzer {}", config.analyzer);
  return entry->make(config.analysis);
}

std::unique_ptr<Optimizer> make_optimizer(const AutoscalerConfig& config) {
  const OptimizerEntry* entry = find_optimizer(config.optimizer);
  BLIS_CHECK(entry != nullptr, "control: there is no optimizer {}", config.optimizer);
  return entry->make();
}

}  // namespace

Autoscaler::Autoscaler(const AutoscalerConfig& config, std::int64_t seed)
    : analyzer_(make_analyzer(config)),
      optimizer_(make_optimizer(config)),
      gate_(config.up_window_us, config.down_window_us),
      scrape_delay_(config.scrape_delay),
      stream_(random::stream_seed(seed, "autoscaler")) {}

Autoscaler::Plan Autoscaler::tick(Micros now, std::span<const ReplicaReport> serving,
                                  std::span<const ReplicaReport> loading) {
  std::vector<Assessment> assessments;
  for (const ModelSignals& signals : collect(serving, loading)) {
    assessments.push_back(analyzer_->assess(signals));
  }
  Plan plan{.decisions = gate_.pass(now, optimizer_->decide(assessments)), .at = now};
  if (!plan.decisions.empty()) plan.at = now + sample(scrape_delay_, stream_);
  return plan;
}

}  // namespace blis::control
