// Fitness: one number for a run, as a weighted sum of measurements scaled to [0, 1].
// SOURCE spec cli 17, data-plane 17.9, engine 14.5.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/run_summary.h"

namespace blis::report {

/// Component -> weight, ascending by name; the order in which the score is summed.
using FitnessWeights = std::map<std::string, double>;

/// Reads `component:weight,…`; the last of equal components wins; empty text is no fitness.
/// THROWS ConfigError naming --fitness-weights: an item without `:`, an unknown component, a weight
/// that is not a finite number of at least 0.
FitnessWeights parse_fitness_weights(std::string_view text);

struct Fitness {
  double score = 0;
  std::map<std::string, double> components;  ///< unweighted, those with a weight
};

/// REQUIRES every key of `weights` is a component.
Fitness evaluate_fitness(const MetricsScope& scope, const FitnessWeights& weights);

}  // namespace blis::report
