// cluster: one simulation. A shared clock, a heap of cluster events (arrivals, admissions,
// routings, …), the instances with their own next times, and the loop that runs whatever is due
// first (cluster events before instance events at the same time). Owns everything that changes
// during a run. SOURCE spec data-plane 3-6.
#pragma once
