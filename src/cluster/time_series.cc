#include "cluster/time_series.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::cluster {

using control::InstanceState;
using request::TerminalOutcome;

std::vector<std::string> gpu_types_of(const ClusterConfig& config) {
  std::vector<std::string> types;
  const auto add = [&](const std::string& type) {
    if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  };
  for (const control::NodePool& pool : config.control.node_pools) add(pool.gpu_type);
  if (!types.empty()) return types;
  const disagg::PoolSizes& pools = config.disaggregation.pools;
  const bool all_have_roles =
      pools.prefill + pools.decode + pools.shared + pools.encode >= config.num_instances;
  if (!config.prefill_pool || !all_have_roles || pools.encode > 0) add(config.gpu_type);
  if (config.prefill_pool) add(config.prefill_pool->gpu_type);
  if (config.decode_pool) add(config.decode_pool->gpu_type);
  return types;
}

TimeSeries::TimeSeries(Micros interval, TimeSeriesListener& listener, const ClusterConfig& config,
                       const Fleet& fleet, const ControlPipeline& control,
                       const GatewayPipeline& gateway, const FleetBuilder& builder)
    : interval_(interval),
      listener_(listener),
      fleet_(fleet),
      control_(control),
      gateway_(gateway),
      builder_(builder),
      gpu_types_(gpu_types_of(config)),
      next_(interval) {
  row_.instances.resize(gpu_types_.size());
  ended_.resize(gpu_types_.size());
}

void TimeSeries::note_end(TerminalOutcome outcome, const request::Measurements& measured) {
  if (outcome != TerminalOutcome::kCompleted) {
    ++row_.failed;
    return;
  }
  ++row_.completed;
  const auto us = [](Micros time) { return static_cast<double>(time.count()); };
  if (measured.has_ttft) row_.ttft_us.push_back(us(measured.ttft));
  if (measured.has_e2e) row_.e2e_us.push_back(us(measured.e2e));
  // A request of one token has no gap.
  if (measured.has_itl_mean && measured.itl_count > 0) row_.itl_us.push_back(measured.itl_mean_us);
}

void TimeSeries::advance(Micros now, std::int64_t arrived) {
  while (now > next_) {
    emit(next_, arrived);
    next_ += interval_;
  }
}

void TimeSeries::finish(Micros end, std::int64_t arrived) {
  advance(end, arrived);
  if (end > last_) emit(end, arrived);
}

void TimeSeries::emit(Micros time, std::int64_t arrived) {
  row_.time = time;
  row_.window = time - last_;
  last_ = time;
  look_at_instances();
  row_.gateway_queue_requests = gateway_.queue_size();
  const control::GpuUsage usage = builder_.ledger().usage(time);
  row_.gpu_us = usage.provisioned_gpu_us();
  row_.cost_usd = usage.cost_usd();

  row_.arrived = arrived - std::exchange(arrived_before_, arrived);
  const std::int64_t rejected = gateway_.rejections();
  row_.rejected = rejected - std::exchange(rejected_before_, rejected);
  const std::int64_t lost = gateway_.losses() - rejected;
  row_.failed += lost - std::exchange(lost_before_, lost);
  for (std::vector<double>* values : {&row_.ttft_us, &row_.e2e_us, &row_.itl_us}) {
    std::ranges::sort(*values);
  }

  listener_.on_row(row_);
  row_.completed = 0;
  row_.failed = 0;
  row_.ttft_us.clear();
  row_.e2e_us.clear();
  row_.itl_us.clear();
}

// Instances that have ended and have nothing pending cannot change any more: they are added up once
// and not looked at again, so that a long run with an autoscaler does not slow down.
void TimeSeries::look_at_instances() {
  for (; known_instances_ < fleet_.size(); ++known_instances_) {
    alive_.emplace_back(known_instances_);
  }
  row_.instances = ended_;
  row_.waiting_requests = 0;
  row_.running_requests = 0;
  row_.used_kv_blocks = 0;
  row_.total_kv_blocks = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
  std::erase_if(alive_, [&](InstanceId id) {
    const engine::Instance& instance = fleet_[id];
    const InstanceState state = control_.state(id);
    const std::size_t type = type_of(id);
    ++row_.instances[type][static_cast<std::size_t>(state)];
    row_.waiting_requests += instance.queue_depth();
    row_.running_requests += instance.batch_size();
    if (state != InstanceState::kTerminated) {
      row_.used_kv_blocks += instance.kv().used_blocks();
      row_.total_kv_blocks += instance.kv().total_blocks();
    }
    const engine::InstanceMetrics& metrics = instance.metrics();
    const bool has_ended =
        state == InstanceState::kTerminated && instance.next_event_time() == Micros::max();
    if (has_ended) {
      ++ended_[type][static_cast<std::size_t>(state)];
      ended_prompt_tokens_ += metrics.processed_prompt_tokens;
      ended_output_tokens_ += metrics.emitted_tokens;
    } else {
      prompt_tokens += metrics.processed_prompt_tokens;
      output_tokens += metrics.emitted_tokens;
    }
    return has_ended;
  });
  prompt_tokens += ended_prompt_tokens_;
  output_tokens += ended_output_tokens_;
  row_.prompt_tokens = prompt_tokens - std::exchange(prompt_tokens_before_, prompt_tokens);
  row_.output_tokens = output_tokens - std::exchange(output_tokens_before_, output_tokens);
}

std::size_t TimeSeries::type_of(InstanceId instance) const {
  const auto type = std::ranges::find(gpu_types_, fleet_.profile(instance).gpu_type);
  BLIS_CHECK(type != gpu_types_.end(), "time series: instance {} has a GPU of an unknown type",
             instance.value());
  return static_cast<std::size_t>(type - gpu_types_.begin());
}

}  // namespace blis::cluster
