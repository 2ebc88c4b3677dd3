// The bytewise order of request names, which every table by id has.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/symbol_table.h"
#include "request/request_name.h"

namespace blis::report {

/// Positions of `names` in the order of request::compare_names; equal names keep their order.
/// REQUIRES  fewer than 2^32 names.
/// COST O(n log n) comparisons of integers for plain names, `request_<k>`, which is what nearly all
/// requests have.
std::vector<std::uint32_t> name_order(std::span<const request::RequestName* const> names,
                                      const SymbolTable& symbols);

}  // namespace blis::report
