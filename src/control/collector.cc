#include "control/collector.h"

#include <map>
#include <utility>

namespace blis::control {
namespace {

bool is_complete(const ReplicaReport& report) {
  return !report.model.empty() && !report.variant.gpu_type.empty();
}

}  // namespace

std::vector<ModelSignals> collect(std::span<const ReplicaReport> serving,
                                  std::span<const ReplicaReport> loading) {
  std::map<std::string, ModelSignals> by_model;
  for (const ReplicaReport& report : serving) {
    if (is_complete(report)) by_model[report.model].replicas.push_back(report);
  }
  for (const ReplicaReport& report : loading) {
    if (!is_complete(report) || report.kv_tokens <= 0) continue;
    ModelSignals& signals = by_model[report.model];
    ++signals.pending_replicas;
    signals.pending_kv_tokens += report.kv_tokens;
  }
  std::vector<ModelSignals> models;
  for (auto& [model, signals] : by_model) {
    signals.model = model;
    models.push_back(std::move(signals));
  }
  return models;
}

}  // namespace blis::control
