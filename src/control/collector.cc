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
                                  std::span<const ReplicaReport> loading, bool by_role) {
  using Key = std::pair<std::string, gateway::PoolRoles>;
  const auto key_of = [&](const ReplicaReport& report) {
    return Key(report.model, by_role ? report.roles : gateway::kNoRole);
  };
  std::map<Key, ModelSignals> groups;
  for (const ReplicaReport& report : serving) {
    if (is_complete(report)) groups[key_of(report)].replicas.push_back(report);
  }
  for (const ReplicaReport& report : loading) {
    if (!is_complete(report) || report.kv_tokens <= 0) continue;
    ModelSignals& signals = groups[key_of(report)];
    ++signals.pending_replicas;
    signals.pending_kv_tokens += report.kv_tokens;
  }
  std::vector<ModelSignals> models;
  for (auto& [key, signals] : groups) {
    signals.model = key.first;
    signals.roles = key.second;
    models.push_back(std::move(signals));
  }
  return models;
}

}  // namespace blis::control
