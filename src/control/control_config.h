// Settings of the control plane; all zero = there is none. SOURCE spec control-plane 2.
#pragma once

#include <string>
#include <vector>

#include "base/micros.h"
#include "control/delay.h"
#include "control/failures.h"
#include "control/gpu_ledger.h"
#include "control/node_provisioning.h"
#include "control/nodes.h"
#include "control/scale_target.h"
#include "control/scheduled_action.h"

namespace blis::control {

struct AnalyzerConfig {
  double kv_cache_threshold_ratio = 0.8;  ///< usable share of a replica's KV capacity
  double scale_up_threshold = 0.8;        ///< utilisation that growth aims at
  double scale_down_boundary = 0.4;       ///< utilisation below which replicas are spared
  double avg_input_tokens = 512;          ///< demand of one waiting request
};

struct AutoscalerConfig {
  Micros interval;          ///< between ticks; 0 = no autoscaler
  double up_window_us = 0;  ///< for how long a signal must persist
  double down_window_us = 0;
  Delay scrape_delay;  ///< from a decision to its execution
  std::string policy = "saturation-pipeline";
  std::string analyzer = "v2-saturation";
  std::string optimizer = "inventory-blind";
  AnalyzerConfig analysis;
  std::vector<ScaleTarget> targets;       ///< empty: all instances as one, without limits
  std::vector<ScheduledAction> schedule;  ///< each of a role that has a target
};

struct DrainConfig {
  std::string policy = "reference";
  Micros timeout{};  ///< after which what is left of a draining instance is lost; 0 = none
};

/// How instances get onto nodes. All extensions; the defaults are the reference's ways.
struct PlacementConfig {
  /// An instance that fits nowhere waits until something is free; else it is left out for good.
  bool retries = false;
  /// Step times and memory are those of the node that the instance is on; else step times are
  /// those of --hardware, and the memory that of the first pool with the node's GPU type.
  bool hardware_of_node = false;
  /// An instance takes as many GPUs as it computes with, tensor x data parallel, by its own pool's
  /// settings; else --tp.
  bool gpus_of_instance = false;
};

struct ControlConfig {
  std::vector<NodePool> node_pools;  ///< empty: instances need no placement and load at once
  Delay loading_delay;               ///< of a placed instance
  bool warm_start_initial_instances = false;
  /// For how long a request is held for which there is no instance; 0 = it is turned away.
  Micros empty_fleet_hold{};
  DrainConfig drain;
  AutoscalerConfig autoscaler;
  GpuPrices gpu_prices;  ///< win over those of the pools; for the books only
  PlacementConfig placement;
  NodeProvisioningConfig node_provisioning;
  FailureConfig failures;

  /// Whether an instance that fits nowhere waits: nodes are provisioned for those who do.
  bool instances_wait() const { return placement.retries || node_provisioning.is_enabled; }
};

}  // namespace blis::control
