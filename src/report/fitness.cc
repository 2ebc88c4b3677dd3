#include "report/fitness.h"

#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/number_text.h"
#include "base/text.h"
#include "report/fixed_text.h"
#include "report/latency_lists.h"
#include "report/sections.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

constexpr std::string_view kFlag = "--fitness-weights";

struct FitnessInput {
  double responses_per_s = 0;
  double tokens_per_s = 0;
  stats::Distribution ttft, e2e;  // microseconds
};

// Where a rate of this size scores one half.
constexpr double kReferenceRequestsPerS = 100.0;
constexpr double kReferenceTokensPerS = 10000.0;
// Where a latency of this size scores one half.
constexpr double kReferenceLatencyUs = 1000.0;

double more_is_better(double v, double reference) { return v / (v + reference); }
double less_is_better(double us) { return 1.0 / (1.0 + us / kReferenceLatencyUs); }

struct Component {
  std::string_view name;
  double (*score)(const FitnessInput&);
};

constexpr std::array kComponents = {
    Component{"mean_e2e", [](const FitnessInput& in) { return less_is_better(in.e2e.mean); }},
    Component{"mean_ttft", [](const FitnessInput& in) { return less_is_better(in.ttft.mean); }},
    Component{"p50_e2e", [](const FitnessInput& in) { return less_is_better(in.e2e.p50); }},
    Component{"p50_ttft", [](const FitnessInput& in) { return less_is_better(in.ttft.p50); }},
    Component{"p99_e2e", [](const FitnessInput& in) { return less_is_better(in.e2e.p99); }},
    Component{"p99_ttft", [](const FitnessInput& in) { return less_is_better(in.ttft.p99); }},
    Component{"throughput",
              [](const FitnessInput& in) {
                return more_is_better(in.responses_per_s, kReferenceRequestsPerS);
              }},
    Component{"tokens_per_sec",
              [](const FitnessInput& in) {
                return more_is_better(in.tokens_per_s, kReferenceTokensPerS);
              }},
};

const Component* find_component(std::string_view name) {
  for (const Component& component : kComponents) {
    if (component.name == name) return &component;
  }
  return nullptr;
}

[[noreturn]] void fail(std::string_view message) {
  throw ConfigError({.file = "", .line = 0, .key = std::string(kFlag)}, message);
}

}  // namespace

FitnessWeights parse_fitness_weights(std::string_view text) {
  FitnessWeights weights;
  if (text.empty()) return weights;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view item = trim(part);
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) {
      fail(fmt::format("\"{}\" is not of the form component:weight", item));
    }
    const std::string_view name = trim(item.substr(0, colon));
    const std::string_view weight_text = trim(item.substr(colon + 1));
    if (find_component(name) == nullptr) {
      std::vector<std::string_view> valid;
      valid.reserve(std::size(kComponents));
      for (const Component& component : kComponents) valid.push_back(component.name);
      fail(unknown_name("component", name, valid));
    }
    const std::optional<double> weight = parse_flag_double(weight_text);
    if (!weight || !std::isfinite(*weight) || *weight < 0) {
      fail(fmt::format("weight \"{}\" of {} must be a finite number of at least 0", weight_text,
                       name));
    }
    weights[std::string(name)] = *weight;
  }
  return weights;
}

Fitness evaluate_fitness(const MetricsScope& scope, const FitnessWeights& weights) {
  const FitnessInput input{.responses_per_s = scope.totals.responses_per_s(),
                           .tokens_per_s = scope.totals.tokens_per_s(),
                           .ttft = stats::distribution(sorted_ttfts(scope.rows)),
                           .e2e = stats::distribution(sorted_e2es(scope.rows))};
  Fitness fitness;
  for (const auto& [name, weight] : weights) {
    const double value = find_component(name)->score(input);
    fitness.components[name] = value;
    fitness.score += value * weight;
  }
  return fitness;
}

std::string fitness_section(const MetricsScope& scope, const FitnessWeights& weights) {
  if (weights.empty()) return "";
  const Fitness fitness = evaluate_fitness(scope, weights);
  std::string out = fmt::format("=== Fitness Evaluation ===\nScore: {}\n", fixed(fitness.score, 6));
  for (const auto& [name, value] : fitness.components) {
    out += fmt::format("  {}: {}\n", name, fixed(value, 6));
  }
  return out;
}

}  // namespace blis::report
