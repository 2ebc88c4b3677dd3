// What scripts see of a decision of the gateway: exactly what native policies see.
#pragma once

#include <memory>
#include <string_view>

#include "base/symbol_table.h"
#include "gateway/instance_signals.h"
#include "gateway/prefix_cache_views.h"
#include "gateway/route_query.h"
#include "script/sandbox.h"

namespace blis::gateway {

/// The script of a simulation; without one (library use) the members called `script` of all
/// families take everybody for equal.
struct ScriptContext {
  const script::PolicyScript* script = nullptr;  ///< outlives the policy
  const SymbolTable* symbols = nullptr;          ///< REQUIRES not nullptr if there is a script
};

/// A script function with a sandbox of its own. Not thread-safe.
class ScriptedDecision final : public script::View {
 public:
  /// `stream` names the stream of math.random(). THROWS ConfigError if the script's body fails.
  ScriptedDecision(const ScriptContext& context, const PrefixCacheViews* prefix_views,
                   std::string_view stream);

  /// Begins a decision; both are looked at until the next one begins.
  void begin(const RouteQuery& query, const RouterState& state);
  /// score() of one candidate. THROWS ConfigError, see Sandbox::number().
  double score(std::size_t candidate);
  /// admit(). THROWS ConfigError, see Sandbox::truth().
  bool admit();

  Micros now() const override { return now_; }
  std::size_t num_instances() const override { return candidates_.size(); }
  script::Value request_field(std::size_t field) const override;
  script::Value instance_field(std::size_t instance, std::size_t field) const override;

 private:
  std::string_view text(Symbol symbol) const { return symbols_.text(symbol); }

  const SymbolTable& symbols_;
  const PrefixCacheViews* prefix_views_;
  RouteQuery query_;
  Micros now_;
  std::span<const InstanceSignals> candidates_;
  script::Sandbox sandbox_;
};

}  // namespace blis::gateway
