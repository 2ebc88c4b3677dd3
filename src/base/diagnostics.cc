#include "base/diagnostics.h"

#include <algorithm>

namespace blis {

void Diagnostics::add(Severity severity, std::string_view kind, std::string_view details) {
  // A run meets a handful of kinds, so a search of the list is cheaper than an index of it.
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [kind](const Entry& entry) { return entry.kind == kind; });
  if (known != entries_.end()) {
    ++known->count;
    return;
  }
  entries_.push_back({severity, std::string(kind), std::string(details), 1});
}

}  // namespace blis
