#include "workload/generation/pending_runs.h"

#include <algorithm>

namespace blis::workload {

bool PendingRuns::is_later(const Run& a, const Run& b) {
  return a.head_us() != b.head_us() ? a.head_us() > b.head_us() : a.index > b.index;
}

void PendingRuns::push(std::vector<Produced> run, std::uint64_t index) {
  if (run.empty()) return;
  heap_.push_back(Run{std::move(run), 0, index});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

Produced PendingRuns::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  Run& run = heap_.back();
  Produced produced = std::move(run.requests[run.next++]);
  if (run.next == run.requests.size()) {
    heap_.pop_back();
  } else {
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }
  return produced;
}

}  // namespace blis::workload
