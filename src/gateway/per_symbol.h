// A value per interned string, worked out from the text once, when the symbol is first seen.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/symbol_table.h"

namespace blis::gateway {

/// Caches `Derive(text) -> T` densely by symbol, so that hot code never looks at the text.
/// `symbols` outlives it.
template <typename T, typename Derive>
class PerSymbol {
 public:
  PerSymbol(const SymbolTable& symbols, Derive derive) : symbols_(symbols), derive_(derive) {}

  /// COST O(1) except at the first sight of a symbol.
  T operator()(Symbol symbol) {
    const std::size_t i = symbol.index();
    if (i >= values_.size()) values_.resize(i + 1);
    if (!values_[i]) values_[i] = derive_(symbols_.text(symbol));
    return *values_[i];
  }

 private:
  const SymbolTable& symbols_;
  Derive derive_;
  std::vector<std::optional<T>> values_;
};

}  // namespace blis::gateway
