#include "gateway/script_decision.h"

#include <algorithm>
#include <array>

namespace blis::gateway {
namespace {

using script::Value;

// Names and switches below go together: the position in the list is the case.
constexpr std::array<std::string_view, 10> kRequestFields = {
    "input_tokens", "priority", "slo_class", "tenant",       "model",
    "adapter",      "session",  "sheddable", "input_blocks", "slo_target_us"};
constexpr std::array<std::string_view, 13> kInstanceFields = {"id",
                                                              "waiting_requests",
                                                              "running_requests",
                                                              "in_flight_requests",
                                                              "effective_load",
                                                              "kv_utilization",
                                                              "cache_hit_ratio",
                                                              "free_kv_blocks",
                                                              "total_kv_tokens",
                                                              "kv_tokens_in_use",
                                                              "preemptions",
                                                              "has_adapter",
                                                              "cached_prefix_blocks"};

}  // namespace

ScriptedDecision::ScriptedDecision(const ScriptContext& context,
                                   const PrefixCacheViews* prefix_views, std::string_view stream)
    : symbols_(*context.symbols),
      prefix_views_(prefix_views),
      sandbox_(*context.script, stream, {kRequestFields, kInstanceFields}) {}

void ScriptedDecision::begin(const RouteQuery& query, const RouterState& state) {
  query_ = query;
  now_ = state.clock;
  candidates_ = state.candidates;
  sandbox_.begin_decision();
}

double ScriptedDecision::score(std::size_t candidate) {
  return sandbox_.number(script::Function::kScore, *this, candidate);
}

bool ScriptedDecision::admit() {
  return sandbox_.truth(script::Function::kAdmit, *this, std::nullopt);
}

Value ScriptedDecision::request_field(std::size_t field) const {
  switch (field) {
    case 0:
      return Value::of(query_.input_tokens);
    case 1:
      return Value::of(query_.priority);
    case 2:
      return Value::of(text(query_.slo_class));
    case 3:
      return Value::of(text(query_.tenant));
    case 4:
      return Value::of(text(query_.model));
    case 5:
      return Value::of(text(query_.adapter));
    case 6:
      return Value::of(text(query_.session));
    case 7:
      return Value::of(query_.is_sheddable());
    case 8:
      return Value::of(query_.input_blocks);
    case 9:
      return Value::of(query_.slo_target.count());
    default:
      return {};
  }
}

Value ScriptedDecision::instance_field(std::size_t instance, std::size_t field) const {
  const InstanceSignals& signals = candidates_[instance];
  switch (field) {
    case 0:
      return Value::of(static_cast<std::int64_t>(signals.instance.index()));
    case 1:
      return Value::of(std::int64_t{signals.waiting_requests});
    case 2:
      return Value::of(std::int64_t{signals.running_requests});
    case 3:
      return Value::of(std::int64_t{signals.in_flight_requests});
    case 4:
      return Value::of(effective_load(signals));
    case 5:
      return Value::of(signals.kv_utilization_ratio);
    case 6:
      return Value::of(signals.details->cache_hit_ratio);
    case 7:
      return Value::of(signals.details->free_kv_blocks);
    case 8:
      return Value::of(signals.details->total_kv_tokens);
    case 9:
      return Value::of(signals.details->kv_tokens_in_use);
    case 10:
      return Value::of(signals.details->preemptions);
    case 11:
      return Value::of(std::ranges::find(signals.details->resident_adapters, query_.adapter) !=
                       signals.details->resident_adapters.end());
    case 12: {
      // Admission does not know what is cached, as no native admission policy does.
      if (prefix_views_ == nullptr) return Value::of(std::int64_t{0});
      return Value::of(prefix_views_->cached_blocks(signals.instance, query_.input_keys));
    }
    default:
      return {};
  }
}

}  // namespace blis::gateway
