// What a run looks like at regular moments of simulated time: how many instances there are and in
// which state, what waits and runs, what came, ended and was measured since the moment before.
//
// A row of time t shows the platform after everything that happened up to and including t, and
// counts what happened in (t - interval, t]; the first window begins with, and includes, 0. After
// the last whole window comes one that ends with the run, shorter, unless nothing is left for it.
// Rows are handed out as soon as they are known and not kept. Reads only: a run is the same with
// and without.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "cluster/control_pipeline.h"
#include "cluster/fleet.h"
#include "cluster/fleet_builder.h"
#include "cluster/gateway_pipeline.h"
#include "control/lifecycle.h"
#include "request/request.h"

namespace blis::cluster {

struct TimeSeriesRow {
  Micros time;
  Micros window;  ///< its length, > 0

  // At `time`.
  /// Instances by state, for each GPU type in the order of TimeSeries::gpu_types(); ended ones
  /// included.
  std::vector<std::array<std::int64_t, control::kInstanceStates.size()>> instances;
  std::int64_t gateway_queue_requests = 0;
  std::int64_t waiting_requests = 0;  ///< in wait queues of instances
  std::int64_t running_requests = 0;  ///< in batches
  std::int64_t used_kv_blocks = 0;    ///< of instances that have not ended, as is the next
  std::int64_t total_kv_blocks = 0;
  std::int64_t gpu_us = 0;           ///< GPU time provisioned since 0
  std::optional<double> cost_usd{};  ///< since 0; nullopt: a price is not known

  // In the window.
  std::int64_t arrived = 0;
  std::int64_t completed = 0;
  std::int64_t rejected = 0;       ///< by admission, gateway queue or routing
  std::int64_t failed = 0;         ///< at an instance, or on the way to a second one
  std::int64_t prompt_tokens = 0;  ///< processed in steps that began in the window
  std::int64_t output_tokens = 0;  ///< emitted in such steps
  // One value per request that completed in the window, ascending.
  std::vector<double> ttft_us;
  std::vector<double> e2e_us;
  std::vector<double> itl_us;  ///< the request's mean
};

class TimeSeriesListener {
 public:
  virtual ~TimeSeriesListener() = default;
  /// `row` is valid during the call.
  virtual void on_row(const TimeSeriesRow& row) = 0;
};

/// GPU types that instances of this deployment can have, each once: those of node pools, else those
/// of the instances' configurations.
std::vector<std::string> gpu_types_of(const ClusterConfig& config);

class TimeSeries {
 public:
  /// All references outlive the series. REQUIRES  interval > 0.
  TimeSeries(Micros interval, TimeSeriesListener& listener, const ClusterConfig& config,
             const Fleet& fleet, const ControlPipeline& control, const GatewayPipeline& gateway,
             const FleetBuilder& builder);

  /// A request ended inside an instance, whole or as the last of its halves; `measured` holds what
  /// was measured of it as a whole.
  void note_end(request::TerminalOutcome outcome, const request::Measurements& measured);

  /// To be called before anything happens later than next(): hands out the rows up to `now`
  /// exclusively. `arrived`: requests so far. COST  O(instances that have not ended + values) per
  /// row.
  void advance(Micros now, std::int64_t arrived);
  const std::vector<std::string>& gpu_types() const { return gpu_types_; }
  /// Time of the next row.
  Micros next() const { return next_; }
  /// The run ended at `end`.
  void finish(Micros end, std::int64_t arrived);

 private:
  void emit(Micros time, std::int64_t arrived);
  void look_at_instances();
  std::size_t type_of(InstanceId instance) const;

  Micros interval_;
  TimeSeriesListener& listener_;
  const Fleet& fleet_;
  const ControlPipeline& control_;
  const GatewayPipeline& gateway_;
  const FleetBuilder& builder_;
  std::vector<std::string> gpu_types_;

  Micros last_;
  Micros next_;
  TimeSeriesRow row_;  // of the window under way
  std::size_t known_instances_ = 0;
  std::vector<InstanceId> alive_;  // those that may still change anything
  // Sums over the instances that may not, and everybody's at the last row.
  decltype(TimeSeriesRow::instances) ended_;
  std::int64_t ended_prompt_tokens_ = 0;
  std::int64_t ended_output_tokens_ = 0;
  std::int64_t prompt_tokens_before_ = 0;
  std::int64_t output_tokens_before_ = 0;
  std::int64_t arrived_before_ = 0;
  std::int64_t rejected_before_ = 0;
  std::int64_t lost_before_ = 0;
};

}  // namespace blis::cluster
