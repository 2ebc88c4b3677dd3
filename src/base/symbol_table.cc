#include "base/symbol_table.h"

namespace blis {

SymbolTable::SymbolTable() { intern(""); }

Symbol SymbolTable::intern(std::string_view text) {
  const auto known = symbols_.find(text);
  if (known != symbols_.end()) return known->second;
  const Symbol symbol(texts_.size());
  symbols_.emplace(texts_.emplace_back(text), symbol);
  return symbol;
}

Symbol SymbolTable::find(std::string_view text) const {
  const auto known = symbols_.find(text);
  return known == symbols_.end() ? Symbol::none() : known->second;
}

}  // namespace blis
