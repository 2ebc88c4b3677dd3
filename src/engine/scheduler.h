// Schedulers: in which order the waiting requests of an instance are offered to the batch.
//
// The wait queue is brought into the scheduler's order at the start of every step, before the batch
// is formed (spec engine 6.3). A scheduler is a strict total order on requests; `fcfs` alone leaves
// the queue as it is, so that preempted requests stay at its front.
//
// To add one: schedulers/<name>.cc, a row in schedulers/schedulers.def, a test, a row in
// docs/engine.md.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string_view>

#include "base/symbol_table.h"
#include "request/request_table.h"
#include "script/policy_script.h"

namespace blis::engine {

/// What a scheduler is made from. Both outlive it.
struct SchedulerContext {
  const SymbolTable& symbols;
  const script::PolicyScript* script = nullptr;  ///< nullptr: none (library use)
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// False if the queue keeps its order of arrival; before() is then never called.
  virtual bool reorders() const { return true; }
  /// Looks at the queue right before it is brought into order; `queue` holds at least the requests
  /// that came since the last time. THROWS ConfigError where a user's script fails.
  virtual void prepare(const std::deque<RequestId>& /*queue*/,
                       const request::RequestTable& /*requests*/, Micros /*now*/) {}
  /// True if `a` is to be tried before `b`. A strict total order: the request name breaks the last
  /// tie.
  virtual bool before(const request::Request& a, const request::Request& b) const = 0;
};

struct SchedulerEntry {
  std::string_view name;  ///< as written in --scheduler
  std::unique_ptr<Scheduler> (*make)(const SchedulerContext& context);
  std::string_view help;
};

std::span<const SchedulerEntry> scheduler_entries();          ///< ascending by name
const SchedulerEntry* find_scheduler(std::string_view name);  ///< "" means fcfs; nullptr if unknown

/// -1, 0, 1 by arrival time, then by request name: the tail of every scheduler's key.
bool earlier_arrival(const request::Request& a, const request::Request& b,
                     const SymbolTable& symbols);

}  // namespace blis::engine
