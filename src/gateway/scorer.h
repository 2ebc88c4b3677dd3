// Scorers: how much the gateway likes each candidate instance for one request.
//
// The `weighted` routing policy asks every configured scorer for one score per candidate, adds the
// scores up with their weights and routes to the largest total (spec data-plane 11.4, 12). A scorer
// sees all candidates of a decision at once, so it may normalise over them; it knows only what a
// real gateway knows: signals that may be stale, and never the length of the output to come.
//
// To add one: scorers/<name>.cc, a row in scorers/scorers.def, a test, a row in docs/routing.md.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/ids.h"
#include "gateway/instance_signals.h"
#include "gateway/prefix_cache_views.h"
#include "gateway/route_query.h"
#include "gateway/script_decision.h"

namespace blis::gateway {

/// One dimension of preference. Owned by one routing policy of one simulation; not thread-safe.
class Scorer {
 public:
  virtual ~Scorer() = default;

  /// Sets scores[i] to the preference for candidates[i], from 0 (avoid) to 1 (prefer).
  /// REQUIRES  scores.size() == candidates.size() > 0; candidates are distinct instances.
  /// ENSURES   every score is in [0, 1]; equal calls in equal order give equal bits.
  /// COST      O(candidates) and, where prefixes are looked up, O(matched blocks); no allocation
  /// after warm-up.
  virtual void score(const RouteQuery& query, std::span<const InstanceSignals> candidates,
                     std::span<double> scores) = 0;

  /// Tells a scorer that wants to know the time of the decision whose score() comes next.
  virtual void begin_decision(Micros /*clock*/) {}

  /// Tells a scorer that remembers where the request went: once per routed request, after all
  /// scorers have scored it, in configured order.
  virtual void on_routed(const RouteQuery& /*query*/, InstanceId /*chosen*/) {}
};

/// Scores by a load of which less is better, normalised over this decision:
///   scores[i] = (max - load[i]) / (max - min)      1 for all if every load is the same
/// `load(const InstanceSignals&)` returns a std::int64_t from 0 to 2^53, in any one unit. The
/// differences are exact integers, so the division is the only rounding and the result is the same
/// everywhere.
template <typename Load>
void score_least_load(std::span<const InstanceSignals> candidates, std::span<double> scores,
                      Load load) {
  BLIS_DCHECK(scores.size() == candidates.size(), "one score per candidate");
  std::int64_t min = std::numeric_limits<std::int64_t>::max();
  std::int64_t max = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::int64_t value = load(candidates[i]);
    min = std::min(min, value);
    max = std::max(max, value);
    scores[i] = static_cast<double>(value);  // loads are far below 2^53
  }
  if (max == min) {
    std::fill(scores.begin(), scores.end(), 1.0);
    return;
  }
  const auto most = static_cast<double>(max);
  const auto range = static_cast<double>(max - min);
  for (double& score : scores) score = (most - score) / range;
}

struct ScorerContext {
  const PrefixCacheViews* prefix_views =
      nullptr;  ///< nullptr: nobody knows what is cached (library use)
  ScriptContext script{};
};

using ScorerFactory = std::unique_ptr<Scorer>(const ScorerContext& context);

struct ScorerEntry {
  std::string_view name;  ///< as written in --routing-scorers and in `routing.scorers`
  ScorerFactory* make;
  bool needs_prefix_views;  ///< asks which instances have the request's blocks cached
  std::string_view help;    ///< one line, for --help, for the docs and for "unknown scorer" errors
};

std::span<const ScorerEntry> scorer_entries();          ///< all scorers, ascending by name
const ScorerEntry* find_scorer(std::string_view name);  ///< nullptr if there is no such scorer

}  // namespace blis::gateway
