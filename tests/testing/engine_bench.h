// One instance driven by a test, and requests made of numbered tokens.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/instance.h"
#include "kv/single_tier_cache.h"
#include "request/request_table.h"
#include "testing/fixed_latency.h"
#include "testing/list_source.h"

namespace blis::testing {

/// An instance driven by itself until nothing is pending.
class EngineBench : public engine::InstanceListener {
 public:
  struct End {
    RequestId request;
    request::TerminalOutcome outcome;
    Micros at;
  };

  engine::InstanceConfig config{.block_size_tokens = 16, .total_kv_blocks = 1024};
  FixedLatency latency;
  SymbolTable symbols;
  request::RequestTable requests;
  std::vector<End> ends;

  /// A request for `input` tokens first_token, first_token + 1, … and `output` more, injected at
  /// its arrival.
  RequestId add(std::int64_t input, std::int64_t output, std::int32_t first_token = 0,
                Micros arrival = Micros(), Micros deadline = Micros()) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(input + output));
    std::iota(tokens.begin(), tokens.end(), first_token);
    return add_tokens(std::move(tokens), input, output, arrival, deadline);
  }
  RequestId add_tokens(std::vector<std::int32_t> tokens, std::int64_t input, std::int64_t output,
                       Micros arrival = Micros(), Micros deadline = Micros()) {
    return inject(make_spec(std::move(tokens), input, output, arrival, deadline));
  }
  /// As add(), with a LoRA adapter.
  RequestId add_with_adapter(std::string_view adapter, std::int64_t input, std::int64_t output,
                             std::int32_t first_token = 0, Micros arrival = Micros(),
                             Micros deadline = Micros()) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(input + output));
    std::iota(tokens.begin(), tokens.end(), first_token);
    request::RequestSpec spec = make_spec(std::move(tokens), input, output, arrival, deadline);
    spec.adapter = symbols.intern(adapter);
    return inject(std::move(spec));
  }
  /// LoRA adapters that cost what `lora` says. Before the instance's first use.
  void declare(const model::LoraConfig& lora) {
    auto settings = std::make_shared<engine::AdapterSettings>();
    settings->capacity = lora.adapter_capacity.value();
    settings->cost = std::make_shared<model::LoraCostModel>(lora);
    for (const model::LoraAdapter& adapter : lora.adapters) {
      settings->ranks[symbols.intern(adapter.id)] = adapter.rank;
    }
    config.adapters = std::move(settings);
  }

  /// Built at its first use, so that a test can change `config` and `latency` before.
  engine::Instance& instance() {
    if (!instance_) {
      instance_ = std::make_unique<engine::Instance>(
          InstanceId(std::uint32_t{0}), config, latency,
          std::make_unique<kv::SingleTierCache>(config.total_kv_blocks, config.block_size_tokens),
          priorities_, requests, symbols, *this);
    }
    return *instance_;
  }

  void run() {
    constexpr std::int64_t kTooManyEvents = 1'000'000;
    for (std::int64_t n = 0; instance().next_event_time() < Micros::max(); ++n) {
      if (n == kTooManyEvents) {
        ADD_FAILURE() << "the engine never comes to an end";
        break;
      }
      instance().process_next_event();
    }
    instance().finalize();
  }

  void on_terminal(RequestId request, request::TerminalOutcome outcome, Micros at) override {
    ends.push_back({request, outcome, at});
  }

  const request::Measurements& measured(RequestId id) const { return requests[id].measured; }
  const engine::InstanceMetrics& metrics() { return instance().metrics(); }

 private:
  request::RequestSpec make_spec(std::vector<std::int32_t> tokens, std::int64_t input,
                                 std::int64_t output, Micros arrival, Micros deadline) const {
    request::RequestSpec spec = request_of(static_cast<std::int64_t>(requests.size()), tokens,
                                           input, config.block_size_tokens, arrival);
    spec.output_tokens = output;
    spec.deadline = deadline;
    return spec;
  }
  RequestId inject(request::RequestSpec spec) {
    const Micros arrival = spec.arrival;
    const RequestId id = requests.add(std::move(spec));
    instance().inject(id, arrival);
    return id;
  }

  engine::SloPriorities priorities_;
  std::unique_ptr<engine::Instance> instance_;
};

}  // namespace blis::testing
