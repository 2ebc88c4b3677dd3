// What the gateway may know of a request: everything but the output that it will produce (law
// data-plane L10).
#pragma once

#include <cstdint>
#include <span>

#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "engine/slo_priority.h"
#include "gateway/per_symbol.h"
#include "request/block_keys.h"
#include "request/request.h"

namespace blis::gateway {

/// A request as policies see it. Cheap to make and to copy; `input_keys` borrows from the request.
struct RouteQuery {
  RequestId request;
  std::int64_t input_tokens = 0;
  std::int64_t input_blocks = 0;  ///< full blocks of the input
  /// Of these, in order; none for the private ones, which stand at the end and which nobody else
  /// has.
  std::span<const request::BlockKey> input_keys;
  Micros slo_target;  ///< TTFT target of its own, 0 = none
  Symbol tenant = SymbolTable::empty();
  Symbol slo_class = SymbolTable::empty();
  Symbol model = SymbolTable::empty();    ///< "" = any
  Symbol adapter = SymbolTable::empty();  ///< "" = base model
  Symbol session = SymbolTable::empty();
  std::int64_t priority = 0;  ///< of its class, higher is more important; < 0: sheddable

  bool is_sheddable() const { return priority < 0; }
};

/// Turns requests into queries; looks up the priority of a class once per class.
class QueryMaker {
 public:
  /// Both outlive the maker.
  QueryMaker(const SymbolTable& symbols, const engine::SloPriorities& priorities)
      : priority_(symbols, ClassPriority{&priorities}) {}

  RouteQuery make(RequestId id, const request::RequestSpec& spec);

 private:
  struct ClassPriority {
    const engine::SloPriorities* priorities;
    std::int64_t operator()(std::string_view slo_class) const {
      return priorities->priority(slo_class);
    }
  };
  PerSymbol<std::int64_t, ClassPriority> priority_;
};

}  // namespace blis::gateway
