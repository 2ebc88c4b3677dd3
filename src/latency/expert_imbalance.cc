#include "latency/expert_imbalance.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "random/elementary.h"
#include "random/random_stream.h"

namespace blis::latency {
namespace {

std::vector<double> zipf_weights(std::int64_t experts, double exponent) {
  std::vector<double> weights;
  for (std::int64_t rank = 1; rank <= experts; ++rank) {
    weights.push_back(1 / random::pow(static_cast<double>(rank), exponent));
  }
  return weights;
}

}  // namespace

double busiest_gpu_factor(const ExpertImbalance& imbalance) {
  const auto [experts, gpus, layers, exponent] = imbalance;
  if (exponent <= 0 || experts < 2 || gpus < 2 || layers < 1) return 1;
  std::vector<double> weights = zipf_weights(experts, exponent);
  const double average =
      std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(gpus);
  random::RandomStream stream(static_cast<std::int64_t>(random::fnv1a64("expert-imbalance")));
  double sum = 0;
  std::vector<double> load(static_cast<std::size_t>(gpus));
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    stream.shuffle(weights.size(),
                   [&](std::size_t a, std::size_t b) { std::swap(weights[a], weights[b]); });
    std::ranges::fill(load, 0.0);
    for (std::size_t e = 0; e < weights.size(); ++e) {
      load[e * load.size() / weights.size()] += weights[e];
    }
    sum += *std::ranges::max_element(load) / average;
  }
  return sum / static_cast<double>(layers);
}

// The popular ones that would exceed 1 are used by every token; the rest share what is left.
// Weights are added up from the small end, because what remains after subtracting the large ones
// from the sum of all would have few digits.
std::vector<double> touch_probabilities(std::int64_t experts, std::int64_t top_k,
                                        double zipf_exponent) {
  std::vector<double> shares = zipf_weights(experts, zipf_exponent);
  std::vector<double> weight_from(shares.size());
  std::partial_sum(shares.rbegin(), shares.rend(), weight_from.rbegin());
  auto left = static_cast<double>(top_k);
  std::size_t first = 0;  // that not every token uses
  for (; first < shares.size() && left * shares[first] >= weight_from[first]; ++first) {
    shares[first] = 1;
    --left;
  }
  for (std::size_t i = first; i < shares.size(); ++i) {
    shares[i] = left * shares[i] / weight_from[first];
  }
  return shares;
}

double skewed_experts(std::span<const double> probabilities, std::int64_t tokens) {
  double distinct = 0;
  for (const double p : probabilities) {
    distinct += 1 - random::pow(1 - p, static_cast<double>(tokens));
  }
  return distinct;
}

}  // namespace blis::latency
