// Which numbers were seen, as intervals: ids of a trace are nearly dense, in whatever order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>

namespace blis::trace {

class IdSet {
 public:
  /// Adds `id`; false if it was there. COST logarithmic in the number of gaps.
  bool insert(std::int64_t id) {
    auto after = ends_.upper_bound(id);  // the first interval that begins later
    if (after != ends_.begin()) {
      const auto before = std::prev(after);
      if (id <= before->second) return false;
      if (id - 1 == before->second) {
        before->second = id;
        join(before, after);
        return true;
      }
    }
    const auto own = ends_.emplace_hint(after, id, id);
    join(own, after);
    return true;
  }
  std::size_t intervals() const { return ends_.size(); }

 private:
  using Intervals = std::map<std::int64_t, std::int64_t>;  // first -> last, inclusive

  void join(Intervals::iterator low, Intervals::iterator high) {
    if (high == ends_.end() || low->second == std::numeric_limits<std::int64_t>::max()) return;
    if (low->second + 1 != high->first) return;
    low->second = high->second;
    ends_.erase(high);
  }

  Intervals ends_;
};

}  // namespace blis::trace
