// A run's leftovers, made by hand: what the engine would have recorded, without an engine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cluster/simulation_result.h"

namespace blis::testing {

/// One finished (or not) request. Times in ticks; a negative one means "not measured".
struct ReportedRequest {
  std::int64_t number = 0;
  std::int64_t arrival = 0;
  std::int64_t ttft = -1;
  std::int64_t e2e = -1;
  double itl_mean = -1;
  std::int64_t delay = -1;
  std::int64_t input = 10;
  std::int64_t output = 5;
  std::string slo_class = "";
  std::string tenant = "";
  std::string model = "";
  std::string adapter = "";
  std::string session = "";
  std::int32_t round = 0;
};

/// All that `render` hands to its sink.
template <typename Render>
std::string whole_text(const Render& render) {
  std::string text;
  render([&text](std::string_view portion) { text += portion; });
  return text;
}

/// Builds a SimulationResult instance by instance.
class ReportedRun {
 public:
  explicit ReportedRun(std::size_t instances = 1) {
    for (std::size_t i = 0; i < instances; ++i) {
      result_.instances.emplace_back().name = "instance_" + std::to_string(i);
    }
  }

  /// A request that no instance has a row of: the original of a split one.
  RequestId add_original(std::int64_t number) {
    return requests_->add(spec_of({.number = number}));
  }

  RequestId add(const ReportedRequest& r, std::size_t instance = 0) {
    const RequestId id = requests_->add(spec_of(r));
    request::Measurements& m = (*requests_)[id].measured;
    m.registered = true;
    m.instance = InstanceId(instance);
    m.has_ttft = r.ttft >= 0;
    if (m.has_ttft) m.ttft = Micros(r.ttft);
    m.has_e2e = r.e2e >= 0;
    if (m.has_e2e) {
      m.e2e = Micros(r.e2e);
      m.completion_time = Micros(r.arrival + r.e2e);
      ++this->instance(instance).metrics.completed_requests;
    }
    m.has_itl_mean = r.itl_mean >= 0;
    if (m.has_itl_mean) m.itl_mean_us = r.itl_mean;
    m.has_scheduling_delay = r.delay >= 0;
    if (m.has_scheduling_delay) m.scheduling_delay = Micros(r.delay);
    this->instance(instance).rows.push_back(id);
    result_.arrivals.push_back(id);
    return id;
  }

  cluster::InstanceResult& instance(std::size_t index) { return result_.instances[index]; }
  cluster::SimulationResult& fields() { return result_; }
  SymbolTable& symbols() { return *symbols_; }
  request::RequestTable& requests() { return *requests_; }

  const cluster::SimulationResult& result() {
    result_.symbols = symbols_;
    result_.requests = requests_;
    return result_;
  }

 private:
  request::RequestSpec spec_of(const ReportedRequest& r) {
    request::RequestSpec spec;
    spec.name.number = r.number;
    spec.arrival = Micros(r.arrival);
    spec.input_tokens = r.input;
    spec.output_tokens = r.output;
    spec.slo_class = symbols_->intern(r.slo_class);
    spec.tenant = symbols_->intern(r.tenant);
    spec.model = symbols_->intern(r.model);
    spec.adapter = symbols_->intern(r.adapter);
    spec.session = symbols_->intern(r.session);
    spec.round_index = r.round;
    return spec;
  }

  std::shared_ptr<SymbolTable> symbols_ = std::make_shared<SymbolTable>();
  std::shared_ptr<request::RequestTable> requests_ = std::make_shared<request::RequestTable>();
  cluster::SimulationResult result_;
};

}  // namespace blis::testing
