// saturation-pipeline: collect -> analyze each group -> optimize all groups -> stabilise.
//
// Without scale targets its decisions are changes, and one that is under way is not remembered, so
// a scrape delay longer than the interval makes it twice [BUG, spec control-plane 12.3]. With
// targets Autoscaler turns changes into numbers to arrive at, which cures that. SOURCE spec
// control-plane 7.

#include <algorithm>

#include "base/check.h"
#include "control/analyzer.h"
#include "control/collector.h"
#include "control/optimizer.h"
#include "control/scaling_policy.h"
#include "control/stabilization.h"

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

class SaturationPipeline final : public ScalingPolicy {
 public:
  explicit SaturationPipeline(const AutoscalerConfig& config)
      : analyzer_(make_analyzer(config)),
        optimizer_(make_optimizer(config)),
        gate_(config.up_window_us, config.down_window_us),
        has_roles_(std::ranges::any_of(config.targets, [](const ScaleTarget& target) {
          return target.roles != gateway::kNoRole;
        })) {}

  std::vector<Decision> decide(const FleetReport& report,
                               std::span<const TargetState> /*targets*/) override {
    std::vector<Assessment> assessments;
    for (const ModelSignals& signals : collect(report.serving, report.loading, has_roles_)) {
      assessments.push_back(analyzer_->assess(signals));
      assessments.back().roles = signals.roles;
    }
    return gate_.pass(report.now, optimizer_->decide(assessments, report.inventory));
  }

 private:
  std::unique_ptr<Analyzer> analyzer_;
  std::unique_ptr<Optimizer> optimizer_;
  StabilizationGate gate_;
  bool has_roles_;
};

}  // namespace

std::unique_ptr<ScalingPolicy> make_saturation_pipeline(const AutoscalerConfig& config) {
  return std::make_unique<SaturationPipeline>(config);
}

}  // namespace blis::control
