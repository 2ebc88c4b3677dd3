// Several sorted runs of requests, merged: the rounds of open sessions, or the requests of
// overlapping windows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "workload/generation/produced.h"

namespace blis::workload {

/// Hands out the earliest request of all runs; equal arrivals in order of the runs' indices. Within
/// a run the given order is kept, whatever the arrivals say.
class PendingRuns {
 public:
  void push(std::vector<Produced> run, std::uint64_t index);

  bool empty() const { return heap_.empty(); }
  /// REQUIRES !empty().
  std::int64_t head_arrival_us() const { return heap_.front().head_us(); }
  std::uint64_t head_index() const { return heap_.front().index; }
  Produced pop();

 private:
  struct Run {
    std::vector<Produced> requests;
    std::size_t next = 0;
    std::uint64_t index = 0;

    std::int64_t head_us() const { return requests[next].request.arrival.count(); }
  };
  static bool is_later(const Run& a, const Run& b);

  std::vector<Run> heap_;
};

}  // namespace blis::workload
