// Preemption policies: who gives up its KV blocks when a running request needs one and none is
// free.
//
// To add one: preemption/<name>.cc, a row in preemption/preemption.def, a test, a row in
// docs/engine.md.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "request/request_table.h"

namespace blis::engine {

class PreemptionPolicy {
 public:
  virtual ~PreemptionPolicy() = default;
  /// Index into `batch` (batch order) of the request to evict. REQUIRES  batch is not empty.
  virtual std::size_t victim(std::span<const RequestId> batch,
                             const request::RequestTable& requests) const = 0;
};

struct PreemptionPolicyEntry {
  std::string_view name;  ///< as written in --preemption-policy
  std::unique_ptr<PreemptionPolicy> (*make)();
  std::string_view help;
};

std::span<const PreemptionPolicyEntry> preemption_policy_entries();          ///< ascending by name
const PreemptionPolicyEntry* find_preemption_policy(std::string_view name);  ///< "" means fcfs

}  // namespace blis::engine
