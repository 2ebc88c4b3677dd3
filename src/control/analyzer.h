// Analyzers: how much capacity one model lacks or could spare.
//
// To add one: analyzers/<name>.cc, a row in analyzers/analyzers.def, a test, a row in
// docs/control-plane.md.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "control/control_config.h"
#include "control/signals.h"

namespace blis::control {

class Analyzer {
 public:
  virtual ~Analyzer() = default;
  /// Must accept a model without replicas. Sees nothing but its argument.
  virtual Assessment assess(const ModelSignals& signals) const = 0;
};

using AnalyzerFactory = std::unique_ptr<Analyzer>(const AnalyzerConfig&);

struct AnalyzerEntry {
  std::string_view name;
  AnalyzerFactory* make;
  std::string_view help;
};

std::span<const AnalyzerEntry> analyzer_entries();  ///< ascending by name
/// nullptr if there is no such analyzer.
const AnalyzerEntry* find_analyzer(std::string_view name);

}  // namespace blis::control
