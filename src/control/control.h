// control: the control plane: node pools, placement, instance life cycle, and the autoscaler
// pipeline. SOURCE spec control-plane.
#pragma once
