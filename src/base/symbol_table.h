// Interned strings: names become 32-bit symbols once at the door, and text again only in reports.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.h"

namespace blis {

/// Strings of one run by dense index. Symbol 0 is always the empty string, so "" stays recognisable
/// without a lookup. Two tables number their strings independently. Not thread-safe while
/// interning.
class SymbolTable {
 public:
  SymbolTable();
  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;

  /// The symbol of `text`; the same text always gives the same symbol.
  Symbol intern(std::string_view text);
  /// The symbol of `text` if it was interned before, else Symbol::none().
  Symbol find(std::string_view text) const;
  /// REQUIRES  `symbol` came from this table. The view lives as long as the table.
  std::string_view text(Symbol symbol) const { return texts_[symbol.index()]; }
  std::size_t size() const { return texts_.size(); }

  static constexpr Symbol empty() { return Symbol(std::uint32_t{0}); }

 private:
  std::deque<std::string>
      texts_;  // a deque never moves its elements, so the views in the map stay valid
  std::unordered_map<std::string_view, Symbol> symbols_;
};

}  // namespace blis
