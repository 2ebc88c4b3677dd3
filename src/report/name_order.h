// Requests in the bytewise order of their names, which every table by id has.
#pragma once

#include <vector>

#include "base/ids.h"
#include "base/symbol_table.h"
#include "report/request_rows.h"
#include "request/request.h"

namespace blis::report {

/// Sorts by request::compare_names; requests of one name keep their order.
/// COST O(n log n) comparisons of integers for plain names, `request_<k>`, which is what nearly all
/// requests have.
void sort_by_name(std::vector<const request::Request*>& requests, const SymbolTable& symbols);

/// The same order for a run that kept only records: those of `rows` that have a metrics row, each
/// once. REQUIRES rows.are_records()
std::vector<RequestId> registered_by_name(const RequestRows& rows, const SymbolTable& symbols);

}  // namespace blis::report
