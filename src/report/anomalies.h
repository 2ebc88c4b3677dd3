// Two signs that something unfair happened. SOURCE spec data-plane 17.3, engine 14.5.
#pragma once

#include <cstdint>
#include <vector>

#include "report/run_summary.h"

namespace blis::report {

/// Pairs of completed requests of one class at one instance of which the earlier arrival took more
/// than twice as long. Equal arrivals count in order of names (the reference leaves their order
/// open). COST O(n log n), the reference's is O(n^2).
std::int64_t priority_inversions(const RunSummary& summary);

/// Pairs i < j with values[i] > 2 * values[j].
std::int64_t pairs_more_than_doubled(std::vector<double> values);

/// Instances whose mean wait-queue length is more than twice the mean over instances. 0 for fewer
/// than two instances.
std::int64_t hol_blocking_events(const std::vector<cluster::InstanceResult>& instances);

}  // namespace blis::report
