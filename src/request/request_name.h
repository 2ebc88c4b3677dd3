// Request ids as the outputs print them (`request_17`, `session_s1_round_2_40`), kept as numbers
// until printed.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/symbol_table.h"

namespace blis::request {

/// Which part of a disaggregated request this is; the text form gets the matching suffix.
enum class RequestPart : std::uint8_t { kWhole, kPrefill, kDecode };

/// SOURCE spec workload 12, 13.4; traces 7.1; disaggregation (suffixes).
struct RequestName {
  std::int64_t number = 0;          ///< k of `request_k`, or the global follow-up counter
  Symbol session = Symbol::none();  ///< session id of a follow-up; none for `request_k`
  std::int32_t round = 0;           ///< round of a follow-up
  RequestPart part = RequestPart::kWhole;

  friend bool operator==(const RequestName&, const RequestName&) = default;
};

/// `request_<number>` or `session_<session>_round_<round>_<number>`, with the part's suffix.
std::string format_name(const RequestName& name, const SymbolTable& symbols);

/// Bytewise order of the formatted names, as every sorted-by-id output has it (`request_10` before
/// `request_2`); the two plain forms are compared without formatting.
std::strong_ordering compare_names(const RequestName& a, const RequestName& b,
                                   const SymbolTable& symbols);

}  // namespace blis::request
