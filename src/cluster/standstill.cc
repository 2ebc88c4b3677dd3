#include "cluster/standstill.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "request/request_name.h"

namespace blis::cluster {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Blocks that the request holds at the least when it is finished. The last token is not counted:
/// its block may be missing. A prompt that ends with a block counts nothing, because a request that
/// finds all of it cached holds none of it [BUG of the reference, spec engine W2]; nor does that of
/// a decode half, whose blocks were taken before.
std::int64_t blocks_at_least(const request::Request& r, std::int64_t block_size) {
  const bool may_hold_none = r.spec.input_tokens % block_size == 0 || r.is_decode_sub_request;
  const std::int64_t prompt = may_hold_none ? 0 : r.spec.input_tokens;
  return ceil_div(prompt + std::max<std::int64_t>(r.spec.output_tokens - 1, 0), block_size);
}

std::vector<RequestId> unfinished(const engine::Instance& instance) {
  std::vector<RequestId> ids = instance.waiting_requests();
  const std::span<const RequestId> running = instance.running_requests();
  ids.insert(ids.end(), running.begin(), running.end());
  return ids;
}

std::string list(std::span<const RequestId> ids, const request::RequestTable& requests,
                 const SymbolTable& symbols) {
  constexpr std::size_t kShown = 5;
  if (ids.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < std::min(ids.size(), kShown); ++i) {
    const request::RequestSpec& spec = requests[ids[i]].spec;
    text += fmt::format("{}{} ({} + {} tokens", i == 0 ? "" : ", ",
                        request::format_name(spec.name, symbols), spec.input_tokens,
                        spec.output_tokens);
    if (spec.adapter != SymbolTable::empty()) {
      text += fmt::format(", adapter {}", symbols.text(spec.adapter));
    }
    text += ")";
  }
  if (ids.size() > kShown) text += fmt::format(" and {} more", ids.size() - kShown);
  return text;
}

std::string message(const engine::Instance& instance, const request::RequestTable& requests,
                    const SymbolTable& symbols) {
  const std::vector<RequestId> waiting = instance.waiting_requests();
  const std::span<const RequestId> running = instance.running_requests();
  std::string text = fmt::format(
      "the run does not come to an end: instance_{} has made {} steps in which no request came or "
      "went, up to {} µs; running: {}; waiting: {}",
      instance.id().value(), instance.idle_steps(), instance.clock().count(),
      list(running, requests, symbols), list(waiting, requests, symbols));
  for (const RequestId id : unfinished(instance)) {
    if (!outgrows_cache(requests[id], instance)) continue;
    return text + fmt::format(
                      "; {} needs more than the {} KV blocks that there are: raise "
                      "--total-kv-blocks or set --max-model-len",
                      request::format_name(requests[id].spec.name, symbols),
                      instance.kv().total_blocks());
  }
  return text;
}

}  // namespace

Standstill::Standstill(const engine::Instance& instance, const request::RequestTable& requests,
                       const SymbolTable& symbols)
    : std::runtime_error(message(instance, requests, symbols)) {}

bool outgrows_cache(const request::Request& r, const engine::Instance& instance) {
  return instance.max_model_len_tokens() == 0 &&
         blocks_at_least(r, instance.kv().block_size()) > instance.kv().total_blocks();
}

bool never_ends(const engine::Instance& instance, const Fleet& fleet, const ClusterConfig& config) {
  if (config.instance.horizon != Micros::max() || !instance.only_steps_are_pending()) return false;
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    const engine::Instance& other = fleet[InstanceId(i)];
    if (&other != &instance && other.next_event_time() < Micros::max()) return false;
  }
  if (instance.steps_repeat_for_ever()) return true;
  // The gateway could still abort a request when it dispatches another one.
  if (config.gateway.flow_control.in_flight_eviction) return false;
  return std::ranges::any_of(unfinished(instance), [&](RequestId id) {
    return outgrows_cache(fleet.requests()[id], instance);
  });
}

}  // namespace blis::cluster
