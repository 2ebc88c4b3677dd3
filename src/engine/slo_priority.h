// SLO classes and what they are worth. SOURCE spec engine 10, data-plane 7.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/symbol_table.h"

namespace blis::engine {

/// Class -> priority, higher is more important: critical 4, standard 3, batch -1, sheddable -2,
/// background -3; every other class, also "", counts as 3. Overrides replace or extend the table.
class SloPriorities {
 public:
  explicit SloPriorities(const std::map<std::string, std::int64_t>& overrides = {});

  std::int64_t priority(std::string_view slo_class) const;
  bool is_sheddable(std::string_view slo_class) const { return priority(slo_class) < 0; }
  /// vLLM's sense, lower is more urgent: (largest priority in the table, at least 3) -
  /// priority(class).
  std::int64_t engine_priority(std::string_view slo_class) const {
    return max_ - priority(slo_class);
  }

 private:
  std::map<std::string, std::int64_t, std::less<>> table_;
  std::int64_t max_ = 3;
};

}  // namespace blis::engine
