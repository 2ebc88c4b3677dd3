#include "engine/slo_priority.h"

#include <algorithm>

namespace blis::engine {
namespace {

constexpr std::int64_t kDefaultPriority = 3;  // of every class that the table does not name

}  // namespace

SloPriorities::SloPriorities(const std::map<std::string, std::int64_t>& overrides)
    : table_{
          {"critical", 4}, {"standard", 3}, {"batch", -1}, {"sheddable", -2}, {"background", -3}} {
  for (const auto& [slo_class, priority] : overrides) table_[slo_class] = priority;
  max_ = kDefaultPriority;
  for (const auto& [slo_class, priority] : table_) max_ = std::max(max_, priority);
}

std::int64_t SloPriorities::priority(std::string_view slo_class) const {
  const auto found = table_.find(slo_class);
  return found == table_.end() ? kDefaultPriority : found->second;
}

}  // namespace blis::engine
