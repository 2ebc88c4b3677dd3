// control: which machines there are, which instances live on them, and when there should be more or
// fewer.
//
// Nodes hands GPUs of declared node pools to instances, first fit, and takes them back. Lifecycle
// says which states an instance may go through. Autoscaler looks at the load of the instances at
// every tick and decides how many replicas there should be: a scaling policy proposes, the limits
// of the scale targets dispose. GpuLedger adds up for how long GPUs were there and who owned them.
// Carrying a decision out is the cluster's business, as are all events: the classes here are told
// the time and return what should happen. Start at autoscaler.h. Laws: spec control-plane 11.
#pragma once

#include "control/autoscaler.h"
#include "control/gpu_ledger.h"
#include "control/lifecycle.h"
#include "control/nodes.h"
